#pragma once
// A deployment: one version of one community on its way into the guild. The row is the truth; the queue only wakes it.
#include "adapters/postgres/manifests/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::deployments {

/// Reads what the next version must build on. A guild without a community gets a fresh id, which nothing stores yet.
struct prepare {
  snowflake guild;
  deadline until;
};
struct prepared {
  community_id community;
  bool exists = false;
  std::string status;
  int64_t next_version = 1;
  std::string previous_sha256;
};

/// P3: community (insert or update), admin profile, manifest version, deployment row, outbox rows (store the object,
/// enqueue the job) and audit entry in ONE transaction. `key` is the idempotency key: the same key answers with the
/// first result and `repeated`. ec::conflict: another version came first (prepare again) or the guild is connected
/// already. ec::frozen: the community is frozen. ec::stale, with a sentence: the version that this one would replace is
/// not `base_version`.
struct submit {
  std::string key;
  community_id community;
  snowflake guild;
  std::string community_name;
  std::string theme_id;
  snowflake admin; ///< Discord user; a profile row is kept, the audit entry has only an opaque id.
  manifests::record manifest;
  snowflake application;    ///< For progress into the wizard's message:
  secret interaction_token; ///< kept for `token_life`, then erased.
  /// What is left of the token's life; a length and no instant, so that only PostgreSQL's own clock counts. Zero: over.
  std::chrono::milliseconds token_life{0};
  /// The newest version that was not given up (0: none) when the manifest was made. Empty: nobody looked.
  std::optional<int64_t> base_version;
  deadline until;
  std::string trace; ///< Into the job's data.
};
struct submitted {
  std::string deployment;
  community_id community;
  int64_t version = 0;
  std::string job;
  bool repeated = false;
};

/// States: pending, running, waiting (frozen or retry), completed, failed, cancelled.
struct resource_state {
  std::string kind;
  std::string resource;
  snowflake id;
  std::string fields_json;
}; ///< checkpoint of this deployment
struct intent {
  std::string kind;
  std::string resource;
  std::string nonce;
  /// The newest role or channel that the guild had when the create was decided, by Discord's own time: what the create
  /// makes is younger. 0: not known (recorded by a version of ours that compared clocks).
  snowflake newest_seen;
  std::string fields_json = {}; ///< The managed fields that were asked for last. Empty: not known, as above.
};

/// Locks the row: takes the lease if it is free, expired or held by `worker`, and raises `run` (the fence of the job: a
/// later holder makes older ones stale). -> claimed; a finished deployment answers with its final state and no lease;
/// ec::busy when another worker holds an unexpired lease of this or of other work at the guild; ec::frozen with the row
/// untouched; ec::not_found.
struct claim {
  community_id community;
  int64_t version = 0;
  std::string worker;
  std::chrono::milliseconds lease{8000};
  deadline until;
};
struct claimed {
  std::string deployment;
  std::string state;
  int64_t run = 0;
  int64_t fence = 0;        ///< The community's, at this moment.
  int64_t fences_as_of = 0; ///< The number of the fence log, at this moment or before.
  snowflake guild;
  std::vector<resource_state> done; ///< Checkpoints of earlier runs.
  std::vector<intent> open;         ///< Intents without a checkpoint: an attempt died between call and note.
  snowflake application;
  secret interaction_token; ///< Empty when it is over.
  std::string error;        ///< Of a failed one.
  /// Since it was submitted, or retried last, by PostgreSQL's clock; 0 for one that is over.
  std::chrono::milliseconds owed_for{0};
};
/// What writes to a guild, one at a time: whoever has the lease of either has the guild.
enum class work { deployment, reconciliation };
struct key {
  community_id community;
  std::string id; ///< Of the row.
  int64_t run = 0;
  work kind = work::deployment;
}; ///< ec::stale when `run` is not the row's

// What a writer does under its lease is the same for either kind: renew, record_intent, checkpoint, abandon.

struct renew {
  key of;
  std::chrono::milliseconds lease{8000};
  deadline until;
}; ///< -> renewed
/// The conversation of the newest click about this work; an empty token: it is over.
struct renewed {
  snowflake application;
  secret interaction_token;
};
/// Before a create. -> intent (the stored one when there was one, with the fields of this create); ec::frozen when the
/// community is frozen or was since `fence`: the truth itself is asked, for a node may not have heard of it yet.
struct record_intent {
  key of;
  std::string kind;
  std::string resource;
  std::string nonce;
  deadline until;
  std::optional<int64_t> fence; ///< The community's when the work began; empty: only its status counts.
  snowflake newest_seen;        ///< As in `intent`.
  std::string fields_json = {}; ///< As in `intent`.
};
struct checkpoint {
  key of;
  resource_state what;
  deadline until;
}; ///< Removes the intent. -> done
/// A role or channel that Discord made twice for one intent of ours. Nothing of ours names it, and nothing deletes it.
struct doubled_resource {
  std::string kind; ///< role, category, channel.
  snowflake id;
  snowflake used; ///< The other one, which the shadow state names.
};
/// Writes shadow state (all entries), marks the version active, closes the job's outbox row, audit entries:
/// DEPLOYMENT_COMPLETED, and CREATED_TWICE for each of `doubled`. -> done
struct complete {
  key of;
  int64_t version = 0;
  std::vector<manifests::shadow_entry> shadow;
  std::vector<std::string> left_over;
  deadline until;
  std::vector<doubled_resource> doubled;
};
/// Ends the work (final) or gives the lease back for another attempt (not final). `error_code` is for
/// programs: "PERMISSION_ERROR". -> done
struct abandon {
  key of;
  bool final_state = false;
  std::string error_code;
  std::string error_text;
  deadline until;
};
/// Admin pressed Retry: a failed deployment (version 0: the newest) becomes pending again with a new outbox row. ->
/// submitted
struct retry {
  community_id community;
  int64_t version = 0;
  std::string actor;
  snowflake application;
  secret interaction_token;
  std::chrono::milliseconds token_life{0}; ///< As in `submit`.
  deadline until;
  std::string trace; ///< Into the job's data.
};
/// Whoever asks by a click brings that click's conversation along: while the deployment is open, its messages go there.
struct status {
  community_id community;
  int64_t version = 0;
  deadline until;
  snowflake application = {};
  secret interaction_token = {};           ///< Empty: the one that is kept stays.
  std::chrono::milliseconds token_life{0}; ///< As in `submit`.
}; ///< version 0: the newest. -> status_of | ec::not_found
struct status_of {
  std::string deployment;
  int64_t version = 0;
  std::string state;
  std::string error_code;
  std::string error_text;
  size_t resources_done = 0;
  std::vector<std::string> left_over;
  std::string updated_at;
  std::string job = {};            ///< Its id in the queue.
  bool is_sent = true;             ///< The queue has been given it.
  bool has_worker = false;         ///< Somebody holds its lease.
  std::string status = {};         ///< Of the community.
  std::string frozen_because = {}; ///< As communities::record::frozen_because.
  bool is_quarantined = false;     ///< The community is.
};
struct done {};

using handle = caf::typed_actor<caf::replies_to<prepare>::with<prepared>, caf::replies_to<submit>::with<submitted>,
                                caf::replies_to<claim>::with<claimed>, caf::replies_to<renew>::with<renewed>,
                                caf::replies_to<record_intent>::with<intent>, caf::replies_to<checkpoint>::with<done>,
                                caf::replies_to<complete>::with<done>, caf::replies_to<abandon>::with<done>,
                                caf::replies_to<retry>::with<submitted>, caf::replies_to<status>::with<status_of>>;
} // namespace arrakis::deployments
