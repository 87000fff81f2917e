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

/// Asks for the community of the guild as it is now. -> described; `active` is empty when nothing was deployed yet.
struct describe {
  snowflake guild;
  deadline until;
};
/// Answer to `describe`.
struct described {
  bool exists = false;
  communities::record record;
  std::shared_ptr<const manifest> active;
};

/// Signs and submits a new version (docs/architecture.md, the way of a write). `key` is the idempotency key: asked
/// twice, it answers with the first deployment and `repeated`. ec::conflict, with a sentence: somebody else deployed
/// since `base_version`, or keeps deploying at this moment; ec::frozen; ec::unavailable or ec::unknown: ask again with
/// the same key. While the signer refuses nothing is submitted, and `waits` says for what: ask again, too.
struct deploy {
  snowflake guild;
  snowflake admin;
  std::shared_ptr<const manifest> wanted;
  std::string key;
  snowflake application;
  secret interaction_token;
  std::chrono::milliseconds token_life{0}; ///< The rest of it.
  /// The active version that `wanted` was made from, 0 without one: what somebody else deployed since is not undone
  /// unseen.
  int64_t base_version = 0;
  deadline until;
  std::string trace; ///< Goes into the job's data and every log line.
};
/// Answer to `deploy` and `retry`.
struct deployed {
  community_id community;
  int64_t version = 0;
  std::string deployment, job;
  bool repeated = false;
  std::string waits; ///< For an operator's eye; then all else is empty.
};

/// Asks for the newest deployment of the guild. ec::not_found: there is none.
struct latest {
  snowflake guild;
  deadline until;
};
/// Sends the messages of this guild's open deployment to the conversation `newest` from now on.
struct follow {
  snowflake guild;
  std::string deployment;
  deployments::conversation newest;
  deadline until;
};
/// Starts a failed deployment again.
struct retry {
  snowflake guild, admin, application;
  secret interaction_token;
  std::chrono::milliseconds token_life{0}; ///< The rest of it.
  deadline until;
  int64_t version = 0; ///< The one that is meant; 0: the newest.
  std::string trace;
};

/// Status of a guild's tenant.
enum class tenant_status : uint8_t { none, active, frozen, deactivated };
/// Three-valued result of a check: `unknown` when it could not be made. Unknown never counts as no.
enum class finding : uint8_t { unknown, no, yes };
/// Result of the last check of a member: what the cache needs to answer the next question.
struct verdict {
  snowflake member;
  int64_t block = 0;       ///< The chain's height that was read; 0: none was.
  int64_t found_at_ms = 0; ///< Wall clock, Unix.
  int8_t tier = -1;        ///< Index into the rules of `version`; -1: none.
  finding answer = finding::unknown;
};

/// Asks for the status of the tenant and the last verdict about the member. Answered from memory while that is fresh.
struct recall {
  snowflake member;
  deadline until;
};
/// Answer to `recall`.
struct recalled {
  tenant_status status = tenant_status::none;
  int64_t fence = 0;
  int64_t version = 0;
  std::string role; ///< The manifest id of the role that the verdict's tier earns; empty: none.
  std::optional<verdict> last;
};
/// Stores a verdict in the cache. It is dropped if the tenant's version or fence changed since it was made.
struct remember {
  verdict what;
  int64_t version = 0;
  int64_t fence = 0;
};

/// Hint that status, fence or active version changed: read them from PostgreSQL at the next question.
struct changed {
  snowflake guild;
};

using handle = caf::typed_actor<caf::replies_to<describe>::with<described>, caf::replies_to<deploy>::with<deployed>,
                                caf::replies_to<latest>::with<deployments::status_of>,
                                caf::replies_to<follow>::with<deployments::followed>,
                                caf::replies_to<retry>::with<deployed>, caf::replies_to<recall>::with<recalled>,
                                caf::reacts_to<remember>, caf::reacts_to<changed>, caf::reacts_to<retire>>;

/// The community actors, whichever guild a message names.
using proxy =
  caf::typed_actor<caf::replies_to<describe>::with<described>, caf::replies_to<deploy>::with<deployed>,
                   caf::replies_to<latest>::with<deployments::status_of>,
                   caf::replies_to<follow>::with<deployments::followed>, caf::replies_to<retry>::with<deployed>>;

} // namespace arrakis::community
