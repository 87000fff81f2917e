#pragma once
// The permissions of the bot in a guild, computed as Discord does:
// https://discord.com/developers/docs/topics/permissions
#include "schemas/guild.hpp"

#include <cstdint>

namespace arrakis::blueprint {

/// The role with this id; nullptr: none.
const guild::role* role_with(const guild::state&, snowflake id);
/// The bot's permissions in the guild; all for its owner and for administrators.
uint64_t bot_permissions(const guild::state&);
/// The bot's permissions in one channel: the guild's, then overwrites of @everyone, its roles and itself.
uint64_t bot_permissions_in(const guild::state&, const guild::channel&);
/// True where the bot's highest role is above `role`.
bool below_bot(const guild::state&, const guild::role&);

} // namespace arrakis::blueprint
