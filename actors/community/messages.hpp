#pragma once
// The community actor: the only one to decide what a guild's community is and becomes. Addressed by guild, since a guild
// may have no community yet.
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"
#include "schemas/manifest.hpp"

#include <caf/typed_actor.hpp>
#include <memory>
#include <string>

namespace arrakis::community {

/// Makes `what` the guild's next version and starts its deployment (P3, one transaction). `key` is the idempotency key: the
/// same key answers with the first result and `repeated`; so ec::unknown is answered by asking again with the same key.
/// ec::conflict: the guild's active version is not `base_version` any more. ec::frozen: an operator froze the community.
/// ec::invalid: the manifest breaks a rule; the text names it.
struct deploy {
  snowflake guild;
  snowflake admin;
  std::shared_ptr<const manifest> what;
  int64_t base_version = 0; ///< The active version that `what` was made from; 0: the guild had none.
  std::string key;          ///< At most 64 characters of [0-9a-z-].
  snowflake application;    ///< For progress into the wizard's message.
  secret interaction_token;
  int64_t token_until_ms = 0;
  deadline until;
};
struct deployed { community_id community; int64_t version = 0; std::string deployment; std::string job; bool repeated = false; };

/// Runs a failed deployment again: what is done stays done. ec::conflict: it has not failed (it runs, or it is completed).
struct retry {
  snowflake guild;
  snowflake admin;
  int64_t version = 0;
  snowflake application;
  secret interaction_token;
  int64_t token_until_ms = 0;
  deadline until;
};

/// What the guild's community is. A guild without one is `exists == false`, never an error.
struct describe { snowflake guild; deadline until; };
struct described {
  bool exists = false;
  communities::record record;             ///< record.active_version is 0 until a first version was deployed.
  std::shared_ptr<const manifest> active; ///< The active version, signature verified; null when there is none.
};

/// The newest deployment of the guild. `exists == false`: there was none.
struct latest { snowflake guild; deadline until; };
struct latest_deployment { bool exists = false; deployments::status_of status; };

using handle = caf::typed_actor<caf::replies_to<deploy>::with<deployed>, caf::replies_to<retry>::with<deployed>,
                                caf::replies_to<describe>::with<described>,
                                caf::replies_to<latest>::with<latest_deployment>>;
} // namespace arrakis::community
