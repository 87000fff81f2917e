#pragma once
// Bans. https://discord.com/developers/docs/resources/guild#get-guild-bans
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// PUT /guilds/{guild}/bans/{user}. `body`: delete_message_seconds (up to a week) deletes recent messages.
outcome<done> ban(sandbox_state&, const actor&, guild&, snowflake user, const js::object& body = {});
/// DELETE /guilds/{guild}/bans/{user}.
outcome<done> unban(sandbox_state&, const actor&, guild&, snowflake user);
/// POST /guilds/{guild}/bulk-ban: {banned_users, failed_users}.
outcome<js::object> ban_all(sandbox_state&, const actor&, guild&, const js::object& body);
/// GET /guilds/{guild}/bans/{user}.
outcome<js::object> get_ban(sandbox_state&, const actor&, const guild&, snowflake user);
/// GET /guilds/{guild}/bans: by ascending id, below `before` or above `after`.
outcome<js::array> list_bans(sandbox_state&, const actor&, const guild&, snowflake before, snowflake after,
                             size_t count);

} // namespace arrakis::sandbox::model
