#pragma once
// Who we are at Discord: the application that the token belongs to, and its bot's own user.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::discord {

/// The answer comes as soon as Discord has said it: at once when it has, else when it does. The asker's own deadline
/// says when the time has passed (ec::unknown).
/// ec::busy: 4096 others wait.
struct get_identity {
  /// Waits on while this is the application: for somebody who follows changes of the token. 0: any will do.
  snowflake other_than;
  deadline until;
};
struct own_identity {
  snowflake application;
  snowflake bot; ///< Its user. Applications made before 2016 have another id than their bot.
};

/// The token has changed: Discord is asked again, and the earlier answer holds no more.
struct renew_identity {};

using identity_port = caf::typed_actor<caf::replies_to<get_identity>::with<own_identity>,
                                       caf::reacts_to<renew_identity>>;

} // namespace arrakis::discord
