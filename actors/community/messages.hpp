#pragma once
// The tenant's own actor: the only one to decide its rules, status and tiers. One a guild, behind a directory keyed by
// the guild's snowflake (text), so that a guild without a community has one as well.
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/directory.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/manifest.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <optional>
#include <string>

namespace arrakis::community {

/// What the guild has now. `active` is empty when nothing was deployed yet.
struct describe { snowflake guild; deadline until; };
struct described {
  bool exists = false;
  communities::record record;
  std::shared_ptr<const manifest> active;
};

/// Signs and submits a new version (docs/architecture.md, the way of a write). `key` is the idempotency key: asked
/// twice, it answers with the first deployment and `repeated`. ec::conflict, with a sentence: somebody else deployed
/// since `base_version`, or keeps deploying at this moment; ec::frozen; ec::unavailable or ec::unknown: ask again with
/// the same key.
struct deploy {
  snowflake guild;
  snowflake admin;
  std::shared_ptr<const manifest> wanted;
  std::string key;
  snowflake application;
  secret interaction_token;
  int64_t token_until_ms = 0;
  /// The active version that `wanted` was made from, 0 without one: what somebody else deployed since is not undone
  /// unseen.
  int64_t base_version = 0;
  deadline until;
  std::string trace; ///< Goes into the job's data and every log line.
};
struct deployed {
  community_id community;
  int64_t version = 0;
  std::string deployment, job;
  bool repeated = false;
};

/// The newest deployment of the guild; ec::not_found when there is none.
struct latest { snowflake guild; deadline until; };
/// Starts a failed deployment again.
struct retry {
  snowflake guild, admin, application;
  secret interaction_token;
  int64_t token_until_ms = 0;
  deadline until;
  int64_t version = 0; ///< The one that is meant; 0: the newest.
  std::string trace;
};

/// Hints that the truth in PostgreSQL changed (status, fence, active version): read it again at the next question.
struct changed { snowflake guild; };

using handle = caf::typed_actor<
  caf::replies_to<describe>::with<described>, caf::replies_to<deploy>::with<deployed>,
  caf::replies_to<latest>::with<deployments::status_of>, caf::replies_to<retry>::with<deployed>,
  caf::reacts_to<changed>, caf::reacts_to<retire>>;

} // namespace arrakis::community
