#pragma once
#include "actors/guild/messages.hpp"
#include "adapters/discord/identity/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::guild {
/// Starts the reader. A reading waits for the bot's own user within its deadline, and is ec::unavailable without it.
handle start(caf::actor_system&, discord::rest, discord::identity_port);
} // namespace arrakis::guild
