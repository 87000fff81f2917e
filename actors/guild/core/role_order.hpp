#pragma once
// The order of the roles that a manifest makes: the better tier stands above.
#include "actors/guild/core/blueprint.hpp"

#include <utility>
#include <vector>

namespace arrakis::blueprint {

/// The manifest's roles that exist in the guild below the bot's own role, the highest first.
std::vector<resource> roles_by_position(const manifest&, const ids& known, const guild::state&);

/// New positions for those roles when a worse tier stands above a better one; only positions
/// that these roles already occupy are used, so no other role moves. Empty: the order is
/// right, or cannot be reached this way. Discord puts a new role at the bottom and roles are
/// created best tier first, so a first deployment needs no moves; a role that is created
/// again later does. Positions are no managed field: an admin may move our roles among
/// others.
std::vector<std::pair<snowflake, int>> role_moves(const manifest&, const ids& known, const guild::state&);

/// True if such moves will be needed after the missing roles are created.
bool is_out_of_order_after_creates(const manifest&, ids known, guild::state now);

} // namespace arrakis::blueprint
