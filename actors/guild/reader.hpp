#pragma once
#include "actors/guild/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <caf/actor_system.hpp>
#include <functional>

namespace arrakis::guild {
/// Starts the reader. `bot` is the bot's own user; while it is 0 the id of the asker's application is taken, which is
/// the same for every application made since 2016.
handle start(caf::actor_system&, discord::rest, std::function<snowflake()> bot);
} // namespace arrakis::guild
