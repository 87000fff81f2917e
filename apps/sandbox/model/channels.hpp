#pragma once
// Channels and their overwrites. https://discord.com/developers/docs/resources/channel
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {
class form;

/// POST /guilds/{guild}/channels.
outcome<js::object> create_channel(sandbox_state&, const actor&, guild&, const js::object& body);
/// PATCH /channels/{channel}.
outcome<js::object> edit_channel(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// DELETE /channels/{channel}.
outcome<js::object> delete_channel(sandbox_state&, const actor&, channel_ref);
/// PUT /channels/{channel}/permissions/{target}.
outcome<done> put_overwrite(sandbox_state&, const actor&, channel_ref, snowflake target, const js::object& body);
/// DELETE /channels/{channel}/permissions/{target}.
outcome<done> delete_overwrite(sandbox_state&, const actor&, channel_ref, snowflake target);
/// PATCH /guilds/{guild}/channels: [{id, position, parent_id?}].
outcome<done> move_channels(sandbox_state&, const actor&, guild&, const js::array& body);
/// Reads the minutes without a message after which a thread is archived: an hour, a day, three days or a week.
std::optional<int> read_archive_minutes(form&, std::string_view key);
refusal wrong_channel_type(); ///< 400, 50024
/// GET /guilds/{guild}/channels: all channels without threads.
js::array list_channels(const guild&);
/// Number of channels of a guild, without threads.
size_t channels_of(const guild&);

/// Normalises a name: text channels get lower case and hyphens for blanks; categories and voice channels keep it.
std::string normal_name(int kind, std::string_view name);

} // namespace arrakis::sandbox::model
