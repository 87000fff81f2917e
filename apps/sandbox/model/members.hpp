#pragma once
// Guilds as wholes, and their members. https://discord.com/developers/docs/resources/guild
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// Creates a guild with @everyone, a category and one text channel; its owner is the only member.
guild& found_guild(sandbox_state&, std::string name, snowflake owner);
/// Adds a bot with a managed role of its name and these permissions (audit entry BOT_ADD), and sends it
/// GUILD_CREATE.
void invite_bot(sandbox_state&, guild&, const application&, uint64_t permissions, snowflake by);
/// Permissions that Arrakis' invite link asks for.
uint64_t invited_permissions();
/// Adds a user (GUILD_MEMBER_ADD); no effect on a member.
void join(sandbox_state&, guild&, snowflake user);

/// PUT /guilds/{guild}/members/{user}/roles/{role}.
outcome<done> grant_role(sandbox_state&, const actor&, guild&, snowflake user, snowflake role);
/// DELETE of a role of a member.
outcome<done> revoke_role(sandbox_state&, const actor&, guild&, snowflake user, snowflake role);
/// PATCH of a member: nick, roles, communication_disabled_until. Refuses mute, deaf and channel_id with 40032.
outcome<js::object> edit_member(sandbox_state&, const actor&, guild&, snowflake user, const js::object& body);
/// DELETE of a member. A kicked bot gets GUILD_DELETE.
outcome<done> kick(sandbox_state&, const actor&, guild&, snowflake user);
/// Removes a member, and with a bot its managed role.
void remove_member(sandbox_state&, guild&, snowflake user);
/// Leaves the guild, as a bot or a user does by itself.
outcome<done> leave(sandbox_state&, guild&, snowflake user);
/// DELETE /guilds/{guild}, for the owner only.
outcome<done> delete_guild(sandbox_state&, const actor&, guild&);
/// Members whose name or nick begins with `query`, in any case; at most `count`.
js::array find_members(sandbox_state&, const guild&, std::string_view query, size_t count);
/// GET /guilds/{guild}/members: by ascending id, those above `after`.
js::array list_members(sandbox_state&, const guild&, snowflake after, size_t count);

} // namespace arrakis::sandbox::model
