#pragma once
// A deployment applies one version of one community to its guild. The row is the truth; the queue only wakes the work.
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

/// Reads the base of the next version. A guild without a community gets a new id, which is not stored yet. -> prepared
struct prepare {
  snowflake guild;
  deadline until;
};
/// Base of the next version.
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
  snowflake admin; ///< Discord user; the profile row has it, the audit entry only an opaque id.
  manifests::record manifest;
  snowflake application;    ///< For progress in the wizard's message.
  secret interaction_token; ///< Stored for `token_life`, then erased.
  /// Remaining life of the token; a duration, so that only PostgreSQL's clock counts. Zero: expired.
  std::chrono::milliseconds token_life{0};
  /// Newest version that was not cancelled (0: none) when the manifest was made. Empty: not checked.
  std::optional<int64_t> base_version;
  deadline until;
  std::string trace; ///< Trace context, for the job's data.
};
/// Answer to submit and retry.
struct submitted {
  std::string deployment;
  community_id community;
  int64_t version = 0;
  std::string job;
  bool repeated = false;
};

// States: pending, running, waiting (frozen or retry), completed, failed, cancelled.

/// Checkpoint of a deployment: a resource that exists in the guild.
struct resource_state {
  std::string kind;
  std::string resource;
  snowflake id;
  std::string fields_json;
};
/// Record of a create that may have reached Discord.
struct intent {
  std::string kind;
  std::string resource;
  std::string nonce;
  /// Newest role or channel of the guild when the create was decided; the created one has a larger snowflake. 0:
  /// unknown (recorded by an older version of Arrakis, which compared clocks).
  snowflake newest_seen;
  std::string fields_json = {}; ///< Managed fields of the last request. Empty: unknown, as above.
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
/// Answer to claim.
struct claimed {
  std::string deployment;
  std::string state;
  int64_t run = 0;
  int64_t fence = 0;        ///< The community's, at this moment.
  int64_t fences_as_of = 0; ///< The number of the fence log, at this moment or before.
  snowflake guild;
  std::vector<resource_state> done; ///< Checkpoints of earlier runs.
  std::vector<intent> open;         ///< Intents without a checkpoint: a run ended between call and checkpoint.
  snowflake application;
  secret interaction_token; ///< Empty when it has expired.
  std::string error;        ///< Error of a failed deployment.
  /// Time since submit or the last retry, by PostgreSQL's clock; 0 for an ended deployment.
  std::chrono::milliseconds owed_for{0};
  std::chrono::milliseconds token_life{0}; ///< Rest of the interaction token's life.
};
/// Kinds of work that write to a guild. A lease of either kind excludes all other work at the guild.
enum class work { deployment, reconciliation };
/// Key of a work's row with the holder's run. ec::stale when `run` is not the row's.
struct key {
  community_id community;
  std::string id; ///< Id of the row.
  int64_t run = 0;
  work kind = work::deployment;
};

// Operations of a lease holder, the same for either kind: renew, record_intent, checkpoint, abandon.

/// Renews the lease. -> conversation
struct renew {
  key of;
  std::chrono::milliseconds lease{8000};
  deadline until;
};
/// Conversation of the newest click about this work. An empty token: there is none, or it has expired.
struct conversation {
  snowflake application = {};
  secret interaction_token = {};
  std::chrono::milliseconds token_life{0}; ///< Rest of its life, by PostgreSQL's clock.
};
/// Records an intent before a create. -> intent (the stored one if any, with this create's fields); ec::frozen when the
/// community is frozen or was since `fence`: the database decides, because a node may not know of a freeze yet.
struct record_intent {
  key of;
  std::string kind;
  std::string resource;
  std::string nonce;
  deadline until;
  std::optional<int64_t> fence; ///< Fence of the community when the work began; empty: only its status counts.
  snowflake newest_seen;        ///< As in `intent`.
  std::string fields_json = {}; ///< As in `intent`.
};
/// Stores a checkpoint and removes its intent. -> done
struct checkpoint {
  key of;
  resource_state what;
  deadline until;
};
/// A second role or channel that Discord created for one intent. Arrakis neither uses nor deletes it.
struct doubled_resource {
  std::string kind; ///< role, category, channel.
  snowflake id;
  snowflake used; ///< The first one, which the shadow state names.
};
/// Completes the deployment: writes the shadow state (all entries), marks the version active, closes the job's outbox
/// row, appends audit entries DEPLOYMENT_COMPLETED, and CREATED_TWICE for each of `doubled`. -> conversation: the row's
/// last one, erased in this transaction, so that the report goes to the newest click; empty when the row had ended
/// before.
struct complete {
  key of;
  int64_t version = 0;
  std::vector<manifests::shadow_entry> shadow;
  std::vector<std::string> left_over;
  deadline until;
  std::vector<doubled_resource> doubled;
};
/// Ends the work (final) or gives the lease back for another attempt (not final). `error_code` is for
/// programs: "PERMISSION_ERROR". -> conversation, as of `complete`
struct abandon {
  key of;
  bool final_state = false;
  std::string error_code;
  std::string error_text;
  deadline until;
};
/// Retries a failed deployment (version 0: the newest): it becomes pending again with a new outbox row. -> submitted
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
/// Makes an open deployment send its messages to this conversation from now on. -> followed
struct follow {
  community_id community;
  std::string deployment;
  conversation newest; ///< An empty token: the stored one stays.
  deadline until;
};
/// Result of `follow`.
struct followed {
  bool is_open = false; ///< False: the deployment has ended, or there is none; nothing was written.
};
/// Asks for a deployment's state.
struct status {
  community_id community;
  int64_t version = 0;
  deadline until;
}; // version 0: the newest. -> status_of | ec::not_found
/// State of a deployment.
struct status_of {
  std::string deployment;
  int64_t version = 0;
  std::string state;
  std::string error_code;
  std::string error_text;
  size_t resources_done = 0;
  std::vector<std::string> left_over;
  std::string updated_at;
  std::string job = {};            ///< Id of its job in the queue.
  bool is_sent = true;             ///< The job was added to the queue.
  bool has_worker = false;         ///< A worker holds its lease.
  std::string status = {};         ///< Status of the community.
  std::string frozen_because = {}; ///< As communities::record::frozen_because.
  bool is_quarantined = false;     ///< The community is in quarantine.
};
/// The change was stored.
struct done {};

using handle = caf::typed_actor<caf::replies_to<prepare>::with<prepared>, caf::replies_to<submit>::with<submitted>,
                                caf::replies_to<claim>::with<claimed>, caf::replies_to<renew>::with<conversation>,
                                caf::replies_to<record_intent>::with<intent>, caf::replies_to<checkpoint>::with<done>,
                                caf::replies_to<complete>::with<conversation>,
                                caf::replies_to<abandon>::with<conversation>, caf::replies_to<retry>::with<submitted>,
                                caf::replies_to<follow>::with<followed>, caf::replies_to<status>::with<status_of>>;
} // namespace arrakis::deployments
