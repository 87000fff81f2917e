#pragma once
// The link by which an admin invites the bot into a server.
#include "schemas/ids.hpp"
#include "schemas/permissions.hpp"

#include <string>

namespace arrakis {
/// The least that the bot works with: Manage Roles and Manage Channels to build, View Channels, Send Messages and Speak
/// because it may set in an overwrite only what it has itself, View Audit Log to tell after a crash which role or
/// channel it made.
inline constexpr uint64_t invited_permissions = permissions::manage_roles | permissions::manage_channels
                                              | permissions::view_channel | permissions::send_messages
                                              | permissions::speak | permissions::view_audit_log;

/// https://discord.com/developers/docs/topics/oauth2, "Bot Authorization Flow": scopes bot and applications.commands.
std::string invite_link(snowflake application);
} // namespace arrakis
