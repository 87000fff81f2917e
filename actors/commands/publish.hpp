#pragma once
#include "actors/commands/command.hpp"
#include "adapters/discord/identity/messages.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/redis/messages.hpp"
#include "runtime/deadline.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::commands {

/// Updates Discord's list of our global commands. Writes it only when its hash differs from the one that Redis stored
/// at the last update, because Discord allows 200 creations a day. Repeats with back-off until the deadline.
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

/// Starts the actor that publishes as soon as our application id is known, and again when a new token changes it.
publisher start_publisher(caf::actor_system&, redis::handle, discord::rest, discord::identity_port);

} // namespace arrakis::commands
