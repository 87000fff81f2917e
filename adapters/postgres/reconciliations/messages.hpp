#pragma once
// A reconciliation changes the guild as a plan says that an admin has seen, so that it matches the active version.
// The row is the truth; the queue only wakes the work. Renewals, intents, checkpoints and failed ends use the messages
// of adapters/postgres/deployments with a key of this kind.
#include "adapters/postgres/deployments/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace arrakis::reconciliations {

/// Requests a reconciliation: row, outbox row and audit entry RECONCILIATION_REQUESTED in one transaction. With
/// `ends_idle` an idle one ends in it as failed. `key` is the idempotency key: the same key answers with the first
/// result and `repeated`. With a sentence for the admin: ec::frozen; ec::conflict while a deployment or another
/// reconciliation runs, or if `version` is no longer active.
struct request {
  std::string key;
  community_id community;
  int64_t version = 0;     ///< Active version when the plan was made.
  std::string plan_json;   ///< Empty: only looks up the key; an unknown key is ec::conflict.
  std::string plan_sha256; ///< SHA-256 of `plan_json`'s bytes, in hex.
  snowflake admin;         ///< Discord user; the audit entry has only an opaque id.
  snowflake application;
  secret interaction_token; ///< As in deployments::submit.
  std::chrono::milliseconds token_life{0};
  std::string trace;
  deadline until;
  /// Set when the queue no longer has the job of the idle one (status_of::is_idle). Time alone never ends one.
  bool ends_idle = false;
};
/// Answer to request.
struct requested {
  std::string reconciliation;
  std::string job;
  bool repeated = false;
};

/// Claims the work, as deployments::claim. Cancels it when its version is no longer active. The answer for a cancelled
/// one has the reason (`work.error`) and the token, so that the claiming worker informs the admin. -> claimed
struct claim {
  community_id community;
  std::string reconciliation;
  std::string worker;
  std::chrono::milliseconds lease{8'000};
  deadline until;
};
/// Answer to claim.
struct claimed {
  deployments::claimed work; ///< `deployment` is the id of this row.
  int64_t version = 0;
  std::string plan_json;
  std::string plan_sha256;
  bool began = false; ///< The first change was made: the guild matched the plan then, and need not now.
};

/// Records, before the first change, that the guild matches the plan. -> deployments::done
struct begin {
  deployments::key of;
  deadline until;
};
/// Cancels it without a change, because the guild differs from the plan. Audit entry RECONCILIATION_OUTDATED. -> done
struct outdate {
  deployments::key of;
  deadline until;
};
/// Writes the shadow state (all entries) and closes the job's outbox row; audit entries RECONCILIATION_COMPLETED, and
/// CREATED_TWICE for each of `doubled`. -> deployments::conversation, as of deployments::complete
struct complete {
  deployments::key of;
  std::vector<manifests::shadow_entry> shadow;
  std::vector<deployments::doubled_resource> doubled;
  deadline until;
};

/// Asks for the state of the newest reconciliation. ec::not_found: there is none. -> status_of
struct status {
  community_id community;
  deadline until;
};
/// State of a reconciliation.
struct status_of {
  std::string reconciliation;
  int64_t version = 0;
  std::string state;
  std::string error_code;
  std::string error_text;
  size_t resources_done = 0;
  /// Open, but without work for minutes. It may still wait for its turn: the queue knows (`job`).
  bool is_idle = false;
  std::string job;      ///< Id of the job in the queue.
  bool is_sent = false; ///< The queue was given the job.
};

using deployments::done;
using handle = caf::typed_actor<caf::replies_to<request>::with<requested>, caf::replies_to<claim>::with<claimed>,
                                caf::replies_to<begin>::with<done>, caf::replies_to<outdate>::with<done>,
                                caf::replies_to<complete>::with<deployments::conversation>,
                                caf::replies_to<status>::with<status_of>>;
} // namespace arrakis::reconciliations
