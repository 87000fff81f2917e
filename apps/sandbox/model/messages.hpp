#pragma once
// Messages in channels. https://discord.com/developers/docs/resources/message
#include "apps/sandbox/model/world.hpp"

namespace arrakis::sandbox::model {

outcome<js::object> send_message(world&, const actor&, place, const js::object& body);
outcome<js::object> edit_message(world&, const actor&, place, snowflake id, const js::object& body);
outcome<done> delete_message(world&, const actor&, place, snowflake id);
outcome<js::object> get_message(world&, const actor&, place, snowflake id);
/// Newest first; ephemeral ones are in no list.
outcome<js::array> list_messages(world&, const actor&, place, snowflake before, snowflake after, size_t count);

/// Keeps a message and tells of it, unless it is ephemeral. The oldest give way above messages_per_channel_max.
message& keep(world&, message);
void tell_changed(world&, const message&);
void remove(world&, const message&);

} // namespace arrakis::sandbox::model
