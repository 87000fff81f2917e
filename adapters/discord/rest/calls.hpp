#pragma once
// Calls of Discord's API, each with its path, bucket template and major parameter. The caller sets `until`, `tenant`,
// `reason` and `may_leave`. https://discord.com/developers/docs/reference
#include "adapters/discord/rest/messages.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <string>
#include <utility>
#include <vector>

namespace arrakis::discord {

// Reads.
/// GET /guilds/{guild}.
call get_guild(snowflake guild);
/// GET /guilds/{guild}/roles.
call get_roles(snowflake guild);
/// GET /guilds/{guild}/roles/member-counts ("Get Guild Role Member Counts"): the number of members of each role.
call get_role_member_counts(snowflake guild);
/// GET /guilds/{guild}/channels.
call get_channels(snowflake guild);
/// GET /guilds/{guild}/members/{user}.
call get_member(snowflake guild, snowflake user);
/// docs/resources/audit-log, "Audit Log Events", "Get Guild Audit Log".
enum class audit_action { channel_create = 10, role_create = 30 };
/// Discord's limit of entries in one answer.
inline constexpr int audit_entries_max = 100;
/// Gets audit log entries, newest first, at most audit_entries_max. `by_user` 0: of any user.
call get_audit_log(snowflake guild, audit_action, snowflake by_user, int count_max = audit_entries_max);
/// GET /applications/@me.
call get_application();
/// GET /gateway/bot.
call get_gateway_bot();

// Writes to a guild; bodies are JSON text. Each needs a reason.
call create_role(snowflake guild, std::string body); ///< 200 and the role.
/// PATCH /guilds/{guild}/roles/{role}.
call modify_role(snowflake guild, snowflake role, std::string body);
/// PATCH /guilds/{guild}/roles.
call order_roles(snowflake guild, const std::vector<std::pair<snowflake, int>>& positions);
call create_channel(snowflake guild, std::string body); ///< 201 and the channel; also categories.
/// PATCH /channels/{channel}.
call modify_channel(snowflake channel, std::string body);
/// PUT /channels/{channel}/permissions/{target}. `type` 0 role, 1 member.
call put_overwrite(snowflake channel, snowflake target, int type, uint64_t allow, uint64_t deny);
/// PUT /guilds/{guild}/members/{user}/roles/{role}; 204, also where the member has the role.
call add_member_role(snowflake guild, snowflake user, snowflake role);
/// DELETE of the same path; 204, also where the member does not have the role.
call remove_member_role(snowflake guild, snowflake user, snowflake role);

// Interactions and webhooks: no token of the bot, exempt from the global limit.
call interaction_callback(snowflake interaction, const secret& token, std::string body); ///< 204.
/// Edits the original response of an interaction.
call edit_original(snowflake application, const secret& token, std::string body);
/// Sends a follow-up message of an interaction.
call follow_up(snowflake application, const secret& token, std::string body);

// The application.
call set_commands(snowflake application, std::string body); ///< Replaces all global commands.

} // namespace arrakis::discord
