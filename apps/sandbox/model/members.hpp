#pragma once
// Guilds as wholes, and their members. https://discord.com/developers/docs/resources/guild
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// A guild with @everyone, a category and one text channel, its owner as the only member.
guild& found_guild(sandbox_state&, std::string name, snowflake owner);
/// A bot enters with a managed role of its name and these permissions (BOT_ADD), and learns of the guild
/// (GUILD_CREATE).
void invite_bot(sandbox_state&, guild&, const application&, uint64_t permissions, snowflake by);
/// Permissions that Arrakis' invite link asks for.
uint64_t invited_permissions();
/// A person enters (GUILD_MEMBER_ADD). Nothing happens to one who is in already.
void join(sandbox_state&, guild&, snowflake user);

/// PUT /guilds/{guild}/members/{user}/roles/{role}.
outcome<done> grant_role(sandbox_state&, const actor&, guild&, snowflake user, snowflake role);
/// DELETE of a role of a member.
outcome<done> revoke_role(sandbox_state&, const actor&, guild&, snowflake user, snowflake role);
/// PATCH: nick, roles, communication_disabled_until. Nobody is in a voice channel: mute, deaf and channel_id are 40032.
outcome<js::object> edit_member(sandbox_state&, const actor&, guild&, snowflake user, const js::object& body);
/// DELETE: out of the guild. A bot that is kicked hears GUILD_DELETE.
outcome<done> kick(sandbox_state&, const actor&, guild&, snowflake user);
/// Takes a member out of the guild, with a bot's own role.
void remove_member(sandbox_state&, guild&, snowflake user);
/// A bot (or a person) goes by itself.
outcome<done> leave(sandbox_state&, guild&, snowflake user);
/// DELETE /guilds/{guild}, for the owner only.
outcome<done> delete_guild(sandbox_state&, const actor&, guild&);
/// Members whose name or nick begins with `query`, in any case; at most `count`.
js::array find_members(sandbox_state&, const guild&, std::string_view query, size_t count);
/// GET /guilds/{guild}/members: by ascending id, those above `after`.
js::array list_members(sandbox_state&, const guild&, snowflake after, size_t count);

} // namespace arrakis::sandbox::model
