#pragma once
// Identity at Discord: the token's application and the bot's user.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::discord {

/// Asks for the identity; the answer comes as soon as Discord has told it. ec::unknown: the request's deadline passed.
/// ec::busy: 4096 requests wait.
/// -> own_identity
struct get_identity {
  /// Waits until the application differs from this one, to follow changes of the token. 0: any application.
  snowflake other_than;
  deadline until;
};
/// Application and bot user.
struct own_identity {
  snowflake application;
  snowflake bot; ///< The bot's user. Applications made before 2016 have another id than their bot.
};

/// Call after the token has changed: drops the earlier answer and asks Discord again.
struct renew_identity {};

using identity_port =
  caf::typed_actor<caf::replies_to<get_identity>::with<own_identity>, caf::reacts_to<renew_identity>>;

} // namespace arrakis::discord
