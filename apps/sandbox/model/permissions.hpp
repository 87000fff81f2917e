#pragma once
// Permissions and role hierarchy. https://discord.com/developers/docs/topics/permissions#permission-overwrites and
// #permission-hierarchy
#include "apps/sandbox/model/sandbox_state.hpp"
#include "schemas/permissions.hpp"

namespace arrakis::sandbox::model {

/// Permission bits that only the emulator needs. https://discord.com/developers/docs/topics/permissions
inline constexpr uint64_t manage_expressions = 1ull << 30, manage_threads = 1ull << 34,
                          create_public_threads = 1ull << 35, create_private_threads = 1ull << 36,
                          send_in_threads = 1ull << 38, create_expressions = 1ull << 43, pin_messages = 1ull << 51;
/// All permission bits, as administrators and owners have them.
inline constexpr uint64_t every_permission = (1ull << 53) - 1;

/// Permissions of a member in the guild, without channels; 0 for a user who is no member.
uint64_t permissions_in(const guild&, snowflake user);
/// Permissions of a member in a channel; 0 without VIEW_CHANNEL.
uint64_t permissions_in(const guild&, const channel&, snowflake user);

/// Permissions in a channel or, for a direct channel, those of its users.
uint64_t permissions_at(const channel_ref&, snowflake user);

/// True if `a` is above `b`: by position; of equals the older role is above.
bool above(const role& a, const role& b);
/// Highest role of a member; @everyone if there is no other.
const role& highest_role(const guild&, snowflake user);
/// True if the user may change the role: owners any role, others those below their highest.
bool commands_role(const guild&, snowflake user, const role&);
/// True if the user outranks the other: owners outrank all; the owner and equals cannot be outranked.
bool outranks(const guild&, snowflake user, snowflake other);

} // namespace arrakis::sandbox::model
