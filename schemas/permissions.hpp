#pragma once
// Discord's permission bits by name (https://discord.com/developers/docs/topics/permissions). Manifests hold the names,
// since the meaning of a raw mask changes when Discord splits a bit.
#include "runtime/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::permissions {
/// The bits that the code names.
inline constexpr uint64_t create_instant_invite = 1ull << 0, kick_members = 1ull << 1, ban_members = 1ull << 2,
                          administrator = 1ull << 3, manage_channels = 1ull << 4, manage_guild = 1ull << 5,
                          add_reactions = 1ull << 6, view_audit_log = 1ull << 7, view_channel = 1ull << 10,
                          send_messages = 1ull << 11, manage_messages = 1ull << 13, embed_links = 1ull << 14,
                          attach_files = 1ull << 15, read_message_history = 1ull << 16, mention_everyone = 1ull << 17,
                          connect = 1ull << 20, speak = 1ull << 21, manage_roles = 1ull << 28,
                          manage_webhooks = 1ull << 29, use_application_commands = 1ull << 31;

/// Returns the bit of a name such as "VIEW_CHANNEL"; 0 when unknown.
uint64_t bit(std::string_view name);
/// All names that this build knows, in bit order.
const std::vector<std::pair<std::string_view, uint64_t>>& all();
/// Returns the mask of `names`. ec::invalid names the first unknown one.
caf::expected<uint64_t> mask(const std::vector<std::string>& names);
/// Returns the decimal text of a mask, as Discord's JSON has it.
std::string text(uint64_t mask);
/// Reads the decimal text of a mask; 0 for malformed text.
uint64_t parse(std::string_view text);
} // namespace arrakis::permissions
