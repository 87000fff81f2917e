#pragma once
// The guild's limits for the bot: read before the review and again before a deployment.
#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/core/record.hpp"
#include "schemas/guild.hpp"

#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// Snowflakes of the roles, categories and channels that the active version created and the plan still has, from the
/// last deployment (`deployed`). A resource that only has the same name belongs to the admins.
blueprint::ids own_resources(const record&, const guild::state&, const blueprint::ids& deployed);
/// Sentences why the plan cannot be deployed in this guild, each with what to change; empty: it can. `deployed` as in
/// own_resources.
std::vector<std::string> objections(const record&, const guild::state&, const blueprint::ids& deployed);
/// Roles that may be chosen for a tier, highest first: below the bot's highest role, not managed by an integration,
/// without a permission that no tier may give (actors/guild/core/dangerous_permissions.hpp).
std::vector<guild::role> assignable(const guild::state&);
/// True if two of the roles have the same name, so that `describe` is needed.
bool has_equal_names(const std::vector<guild::role>&);
/// Position, colour and member count of a role that shares its name with another one; else empty.
std::string describe(const guild::role&, const guild::state&);
/// Roles that only a dangerous permission excludes from `assignable`.
std::vector<guild::role> withheld(const guild::state&);
/// Sentences about roles of the active version that were given a dangerous permission, with what Deploy does about it.
std::vector<std::string> gained_dangers(const record&, const guild::state&, const blueprint::ids& deployed);

} // namespace arrakis::wizard::core
