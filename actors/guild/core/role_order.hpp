#pragma once
// The order of the roles that a manifest makes: the better tier stands above.
#include "actors/guild/core/blueprint.hpp"

#include <utility>
#include <vector>

namespace arrakis::blueprint {

/// The roles that the manifest makes and the guild has below the bot's own, the highest first.
std::vector<resource> roles_by_position(const manifest&, const ids& known, const guild::state&);

/// New positions for those roles, when tiers of lower rank stand above better ones; only among the places that these
/// roles hold already, so that no other role moves. Empty: in order, or not to be had this way.
///
/// Discord puts a new role at the bottom, and roles are made best tier first, so the first deployment needs none of it;
/// it serves the role that is made again later. Positions are no managed field: an admin may move our roles among
/// others.
std::vector<std::pair<snowflake, int>> role_moves(const manifest&, const ids& known, const guild::state&);

/// True where roles will need such moves once the roles that are not in the guild are made.
bool is_out_of_order_after_creates(const manifest&, ids known, guild::state now);

} // namespace arrakis::blueprint
