#pragma once
#include "actors/commands/command.hpp"
#include "adapters/discord/identity/messages.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/redis/messages.hpp"
#include "runtime/deadline.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::commands {

/// Brings Discord's list of our global commands up to date. It is written only when its hash is not the one that Redis
/// remembers from the last time: Discord allows 200 creations a day. Tries again, with back-off, until the deadline.
/// ec::refused: Discord refused the list (the text has its reason).
struct publish {
  snowflake application;
  deadline until;
};
/// The answer to `publish`.
struct published {
  bool written = false;
  std::string hash;
};
/// The publisher actor.
using publisher = caf::typed_actor<caf::replies_to<publish>::with<published>>;

/// Publishes as soon as Discord has said which application we are, and again when that changes with the token.
publisher start_publisher(caf::actor_system&, redis::handle, discord::rest, discord::identity_port);

} // namespace arrakis::commands
