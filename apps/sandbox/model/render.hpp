#pragma once
// The objects of the model as Discord's JSON.
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// The id as text; null without one.
js::value id_or_null(snowflake);
/// Discord's JSON of a user; the overloads below are those of the other objects.
js::object to_json(const user&);
js::object to_json(const role&);
js::object to_json(const overwrite&);
js::object to_json(const channel&);
js::object to_json(const audit_entry&);
js::object to_json(const emoji&, const user& creator);
/// The emojis of a guild, with their creators.
js::array emojis_json(sandbox_state&, const guild&);
/// The emoji of a reaction, "name:id" or the character itself, as {id, name}.
js::object emoji_json(std::string_view key);
/// The command as GET returns it.
js::object to_json(const command&, const application&);
/// Discord's JSON of a member, with its `user`.
js::object to_json(sandbox_state&, const member&);
/// Discord's JSON of a message; `viewer` decides the `me` of reactions.
js::object to_json(sandbox_state&, const message&, snowflake viewer = {});
/// Guild as GET /guilds/{id} has it; `counts` adds approximate_member_count and approximate_presence_count.
js::object to_json(const guild&, bool counts = false);
/// The data of GUILD_CREATE for one application's bot.
js::object guild_create(sandbox_state&, const guild&, const application&);
/// Data of READY without session, shard and URL.
js::object ready(sandbox_state&, const application&, const std::vector<snowflake>& guilds);
/// The application as GET /applications/@me returns it.
js::object application_json(sandbox_state&, const application&);

/// Formats a time as Discord does: "2026-11-24T05:38:16.123000+00:00".
std::string time_text(int64_t unix_ms);

} // namespace arrakis::sandbox::model
