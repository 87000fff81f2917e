#pragma once
// What keeps a manifest from being deployed in a guild: permissions of the bot, role positions, limits of Discord.
#include "actors/guild/core/blueprint.hpp"

#include <string>
#include <vector>

namespace arrakis::blueprint {

/// What an admin must change before the manifest can be deployed, a sentence each; empty: nothing.
std::vector<std::string> preflight(const guild::state&, const manifest&, const ids& known);

} // namespace arrakis::blueprint
