#pragma once
// Direct messages: a channel of two, in no guild. https://discord.com/developers/docs/resources/user#create-dm
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// POST /users/@me/channels {recipient_id}: the channel of the two, made at the first call and the same at every other.
/// 50033 for oneself and for nobody.
outcome<js::object> open_direct(sandbox_state&, const actor&, const js::object& body);
/// The channel as `viewer` sees it: the other one is its only recipient.
js::object direct_json(sandbox_state&, const channel&, snowflake viewer);
/// Returns true if the recipient accepts a message of this author: a user who shares a guild with them and has not
/// disabled direct messages. Bots cannot write to bots.
bool may_write_to(sandbox_state&, const actor& author, const channel& direct);

} // namespace arrakis::sandbox::model
