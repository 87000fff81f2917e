#pragma once
// Settings of a guild that an administrator can change.
// https://discord.com/developers/docs/resources/guild#modify-guild
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// PATCH /guilds/{guild}: name, description, verification_level, explicit_content_filter,
/// default_message_notifications, afk_timeout, afk_channel_id, system_channel_id; others are ignored. No event without
/// a change.
outcome<js::object> edit_guild(sandbox_state&, const actor&, guild&, const js::object& body);

} // namespace arrakis::sandbox::model
