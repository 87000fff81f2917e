#pragma once
// Who may do what. https://discord.com/developers/docs/topics/permissions#permission-overwrites and
// #permission-hierarchy
#include "apps/sandbox/model/types.hpp"
#include "schemas/permissions.hpp"

namespace arrakis::sandbox::model {

inline constexpr uint64_t every_permission = (1ull << 53) - 1;

/// Of a member in the guild, without channels: 0 for who is none.
uint64_t permissions_in(const guild&, snowflake user);
/// Of a member in a channel; 0 without VIEW_CHANNEL.
uint64_t permissions_in(const guild&, const channel&, snowflake user);

/// True when `a` stands above `b`: by position, among equals the older role.
bool above(const role& a, const role& b);
/// The highest role of a member; @everyone without another.
const role& highest_role(const guild&, snowflake user);
/// Owners may touch every role, others those below their highest.
bool commands_role(const guild&, snowflake user, const role&);
/// Owners outrank all; nobody outranks the owner or an equal.
bool outranks(const guild&, snowflake user, snowflake other);

} // namespace arrakis::sandbox::model
