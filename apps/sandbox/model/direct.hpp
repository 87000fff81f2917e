#pragma once
// Direct messages: a channel of two, in no guild. https://discord.com/developers/docs/resources/user#create-dm
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// POST /users/@me/channels {recipient_id}: the direct channel of two users, created at the first call. 50033 for
/// oneself and for an unknown user.
outcome<js::object> open_direct(sandbox_state&, const actor&, const js::object& body);
/// Direct channel as `viewer` sees it: the other user is its only recipient.
js::object direct_json(sandbox_state&, const channel&, snowflake viewer);
/// Returns true if the recipient accepts a message of this author: a user who shares a guild with them and has not
/// disabled direct messages. Bots cannot write to bots.
bool may_write_to(sandbox_state&, const actor& author, const channel& direct);

} // namespace arrakis::sandbox::model
