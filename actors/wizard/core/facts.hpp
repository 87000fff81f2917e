#pragma once
// The guild's limits for the bot: read before the review and again before a deployment.
#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/core/record.hpp"
#include "schemas/guild.hpp"

#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// The roles, categories and channels of the guild that the active version made and the plan still has, by the
/// snowflakes that the last deployment stored (`deployed`). What only has the name of one is somebody else's.
blueprint::ids own_resources(const record&, const guild::state&, const blueprint::ids& deployed);
/// Why the plan cannot be carried out in this guild, each as a sentence that says what to change; empty: it can.
/// `deployed` as of own_resources.
std::vector<std::string> objections(const record&, const guild::state&, const blueprint::ids& deployed);
/// The roles that may stand for a tier, highest first: below the bot's highest, not managed by an integration, without
/// a permission that no tier may give (actors/guild/core/dangerous_permissions.hpp).
std::vector<guild::role> assignable(const guild::state&);
/// True where two of them have one name, so that it takes more to tell them apart (describe).
bool has_equal_names(const std::vector<guild::role>&);
/// Place, colour and number of members of a role that another one of the server has the name of; else empty.
std::string describe(const guild::role&, const guild::state&);
/// The channels that only such a permission keeps from it.
std::vector<guild::role> withheld(const guild::state&);
/// Roles of the active version that somebody gave such a permission: sentences that say what Deploy does about it.
std::vector<std::string> gained_dangers(const record&, const guild::state&, const blueprint::ids& deployed);

} // namespace arrakis::wizard::core
