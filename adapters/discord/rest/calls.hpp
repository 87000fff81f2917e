#pragma once
// The calls of Discord that we make, each with its path, bucket template and major parameter. `until`, `tenant`,
// `reason` and `may_leave` are the caller's to fill. https://discord.com/developers/docs/reference
#include "adapters/discord/rest/messages.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <string>
#include <utility>
#include <vector>

namespace arrakis::discord {

// Reads.
call get_guild(snowflake guild);
call get_roles(snowflake guild);
/// docs/resources/guild, "Get Guild Role Member Counts": how many members have each role.
call get_role_member_counts(snowflake guild);
call get_channels(snowflake guild);
call get_member(snowflake guild, snowflake user);
/// docs/resources/audit-log, "Audit Log Events", "Get Guild Audit Log".
enum class audit_action { channel_create = 10, role_create = 30 };
inline constexpr int audit_entries_max = 100;
/// Newest first, at most audit_entries_max. `by_user` 0: by anybody.
call get_audit_log(snowflake guild, audit_action, snowflake by_user, int count_max = audit_entries_max);
call get_application();
call get_gateway_bot();

// Writes to a guild; bodies are JSON text. Each needs a reason.
call create_role(snowflake guild, std::string body); ///< 200 and the role.
call modify_role(snowflake guild, snowflake role, std::string body);
call order_roles(snowflake guild, const std::vector<std::pair<snowflake, int>>& positions);
call create_channel(snowflake guild, std::string body); ///< 201 and the channel; also categories.
call modify_channel(snowflake channel, std::string body);
/// `type` 0 role, 1 member; masks as numbers.
call put_overwrite(snowflake channel, snowflake target, int type, uint64_t allow, uint64_t deny);

// Interactions and webhooks: no token of the bot, exempt from the global limit.
call interaction_callback(snowflake interaction, const secret& token, std::string body); ///< 204.
call edit_original(snowflake application, const secret& token, std::string body);
call follow_up(snowflake application, const secret& token, std::string body);

// The application.
call set_commands(snowflake application, std::string body); ///< Replaces all global commands.

} // namespace arrakis::discord
