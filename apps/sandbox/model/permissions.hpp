#pragma once
// Permissions and role hierarchy. https://discord.com/developers/docs/topics/permissions#permission-overwrites and
// #permission-hierarchy
#include "apps/sandbox/model/sandbox_state.hpp"
#include "schemas/permissions.hpp"

namespace arrakis::sandbox::model {

/// Bits that the emulator alone needs. https://discord.com/developers/docs/topics/permissions
inline constexpr uint64_t manage_expressions = 1ull << 30, manage_threads = 1ull << 34,
                          create_public_threads = 1ull << 35, create_private_threads = 1ull << 36,
                          send_in_threads = 1ull << 38, create_expressions = 1ull << 43, pin_messages = 1ull << 51;
/// All permission bits, as administrators and owners have them.
inline constexpr uint64_t every_permission = (1ull << 53) - 1;

/// Of a member in the guild, without channels: 0 for who is none.
uint64_t permissions_in(const guild&, snowflake user);
/// Of a member in a channel; 0 without VIEW_CHANNEL.
uint64_t permissions_in(const guild&, const channel&, snowflake user);

/// The same of a place; in a direct channel what everybody may there.
uint64_t permissions_at(const channel_ref&, snowflake user);

/// True when `a` stands above `b`: by position, among equals the older role.
bool above(const role& a, const role& b);
/// The highest role of a member; @everyone without another.
const role& highest_role(const guild&, snowflake user);
/// Owners may touch every role, others those below their highest.
bool commands_role(const guild&, snowflake user, const role&);
/// Owners outrank all; nobody outranks the owner or an equal.
bool outranks(const guild&, snowflake user, snowflake other);

} // namespace arrakis::sandbox::model
