#pragma once
// Roles of a guild, and who holds them. https://discord.com/developers/docs/resources/guild
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// POST /guilds/{guild}/roles.
outcome<js::object> create_role(sandbox_state&, const actor&, guild&, const js::object& body);
/// PATCH /guilds/{guild}/roles/{role}.
outcome<js::object> edit_role(sandbox_state&, const actor&, guild&, snowflake role, const js::object& body);
/// DELETE /guilds/{guild}/roles/{role}.
outcome<done> delete_role(sandbox_state&, const actor&, guild&, snowflake role);
/// PATCH /guilds/{guild}/roles: [{id, position}]; answers all roles.
outcome<js::array> move_roles(sandbox_state&, const actor&, guild&, const js::array& body);
/// GET /guilds/{guild}/roles.
js::array list_roles(const guild&);
/// Number of members of each role, without @everyone.
js::object count_members(const guild&);

} // namespace arrakis::sandbox::model
