#pragma once
// Custom emojis of a guild. Their pictures are checked for their form and not kept.
// https://discord.com/developers/docs/resources/emoji
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// POST /guilds/{guild}/emojis.
outcome<js::object> create_emoji(sandbox_state&, const actor&, guild&, const js::object& body);
/// GET /guilds/{guild}/emojis/{emoji}.
outcome<js::object> get_emoji(sandbox_state&, const guild&, snowflake id);
/// PATCH of an emoji.
outcome<js::object> edit_emoji(sandbox_state&, const actor&, guild&, snowflake id, const js::object& body);
/// DELETE of an emoji.
outcome<done> delete_emoji(sandbox_state&, const actor&, guild&, snowflake id);

} // namespace arrakis::sandbox::model
