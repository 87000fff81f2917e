#pragma once
#include "actors/guild/messages.hpp"
#include "adapters/discord/identity/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::guild {
/// Starts the reader of guilds. A request waits for the bot's user id; ec::unavailable without it in time.
handle start(caf::actor_system&, discord::rest, discord::identity_port);
} // namespace arrakis::guild
