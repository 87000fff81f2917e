#pragma once
// Settings of a guild that an administrator can change.
// https://discord.com/developers/docs/resources/guild#modify-guild
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// PATCH: name, description, verification_level, default_message_notifications, explicit_content_filter, afk_timeout,
/// afk_channel_id, system_channel_id; other fields are not read. Nothing is told when nothing changes.
outcome<js::object> edit_guild(sandbox_state&, const actor&, guild&, const js::object& body);

} // namespace arrakis::sandbox::model
