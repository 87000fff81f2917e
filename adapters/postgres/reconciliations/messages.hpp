#pragma once
// A reconciliation: what a plan that an admin saw changes in the guild, so that it is as the active version wants it.
// The row is the truth; the queue only wakes it. Renewals, intents, checkpoints and a failed end are those of
// adapters/postgres/deployments, under a key of this kind.
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

/// Row, outbox row and audit entry RECONCILIATION_REQUESTED in one transaction, in which one that is stalled ends as
/// failed. `key` is the idempotency key: the same key answers with the first result and `repeated`. With a sentence for
/// the admin: ec::frozen; ec::conflict while a deployment or another reconciliation is under way, and when `version` is
/// not the active one any more.
struct request {
  std::string key;
  community_id community;
  int64_t version = 0;     ///< The active one, as the plan knew it.
  std::string plan_json;   ///< Empty: asks only whether the key was taken before; otherwise ec::conflict.
  std::string plan_sha256; ///< Of the bytes of `plan_json`, in hex.
  snowflake admin;         ///< Discord user; the audit entry has only an opaque id.
  snowflake application;
  secret interaction_token; ///< As in deployments::submit.
  std::chrono::milliseconds token_life{0};
  std::string trace;
  deadline until;
};
struct requested {
  std::string reconciliation;
  std::string job;
  bool repeated = false;
};

/// As deployments::claim. A version that is not the active one any more ends it as cancelled. One that is cancelled
/// answers with a sentence (`work.error`) and token, so that whoever claims it tells the admin.
struct claim {
  community_id community;
  std::string reconciliation;
  std::string worker;
  std::chrono::milliseconds lease{8'000};
  deadline until;
};
struct claimed {
  deployments::claimed work; ///< `deployment` is the id of this row.
  int64_t version = 0;
  std::string plan_json;
  std::string plan_sha256;
  bool began = false; ///< The guild was as the plan says when the first change was made; it need not be any more.
};

/// Before the first change: the guild is as the plan says. -> deployments::done
struct begin {
  deployments::key of;
  deadline until;
};
/// Cancels it without a change: the guild is not as the plan says. Audit entry RECONCILIATION_OUTDATED. -> done
struct outdate {
  deployments::key of;
  deadline until;
};
/// Writes the shadow state (all entries) and closes the job's outbox row; audit entries RECONCILIATION_COMPLETED, and
/// CREATED_TWICE for each of `doubled`. -> done
struct complete {
  deployments::key of;
  std::vector<manifests::shadow_entry> shadow;
  std::vector<deployments::doubled_resource> doubled;
  deadline until;
};

/// The newest one. ec::not_found: there is none.
struct status {
  community_id community;
  deadline until;
};
struct status_of {
  std::string reconciliation;
  int64_t version = 0;
  std::string state;
  std::string error_code;
  std::string error_text;
  size_t resources_done = 0;
  /// Open, and nobody has worked at it for so long that nobody will; the next request ends it.
  bool stalled = false;
};

using deployments::done;
using handle = caf::typed_actor<caf::replies_to<request>::with<requested>, caf::replies_to<claim>::with<claimed>,
                                caf::replies_to<begin>::with<done>, caf::replies_to<outdate>::with<done>,
                                caf::replies_to<complete>::with<done>, caf::replies_to<status>::with<status_of>>;
} // namespace arrakis::reconciliations
