#pragma once
// The link by which an admin invites the bot into a server.
#include "schemas/ids.hpp"
#include "schemas/permissions.hpp"

#include <string>

namespace arrakis {
/// Least permissions that the bot needs: Manage Roles and Manage Channels to build; View Channels, Send Messages and
/// Speak because an overwrite may grant only what the bot has; View Audit Log to find out after a crash which role or
/// channel it created.
inline constexpr uint64_t invited_permissions = permissions::manage_roles | permissions::manage_channels
                                              | permissions::view_channel | permissions::send_messages
                                              | permissions::speak | permissions::view_audit_log;

/// Invite URL of the bot: https://discord.com/developers/docs/topics/oauth2, "Bot Authorization Flow".
std::string invite_link(snowflake application);
} // namespace arrakis
