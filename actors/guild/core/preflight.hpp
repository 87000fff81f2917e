#pragma once
// Obstacles to deploying a manifest in a guild: permissions of the bot, role positions, limits of Discord.
#include "actors/guild/core/blueprint.hpp"

#include <string>
#include <vector>

namespace arrakis::blueprint {

/// Sentences about the changes that an admin must make before the manifest can be deployed; empty: none.
std::vector<std::string> preflight(const guild::state&, const manifest&, const ids& known);

} // namespace arrakis::blueprint
