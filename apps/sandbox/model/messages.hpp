#pragma once
// Messages in channels, also direct ones (where the place has no guild).
// https://discord.com/developers/docs/resources/message
#include "apps/sandbox/model/world.hpp"

namespace arrakis::sandbox::model {

/// A message as its author sends it, checked and not yet kept.
outcome<message> draft_message(world&, const actor&, place, const js::object& body);
outcome<js::object> send_message(world&, const actor&, place, const js::object& body);
outcome<js::object> edit_message(world&, const actor&, place, snowflake id, const js::object& body);
outcome<done> delete_message(world&, const actor&, place, snowflake id);
outcome<js::object> get_message(world&, const actor&, place, snowflake id);
/// Newest first; ephemeral ones are in no list. `after` gives those that follow it (0: the oldest of the channel),
/// `around` half of them older.
struct message_window {
  snowflake before = {};
  std::optional<snowflake> after = {};
  snowflake around = {};
};
outcome<js::array> list_messages(world&, const actor&, place, message_window, size_t count);

/// POST /channels/{channel}/messages/bulk-delete: 2 to 100, none older than 14 days.
outcome<done> delete_messages(world&, const actor&, place, const js::object& body);

/// Reactions. `emoji` as in the path: the character itself, or name:id. `user` 0: everybody's.
outcome<done> react(world&, const actor&, place, snowflake message, std::string_view emoji);
outcome<done> unreact(world&, const actor&, place, snowflake message, std::string_view emoji, snowflake user);
outcome<done> clear_reactions(world&, const actor&, place, snowflake message, std::string_view emoji);
outcome<js::array> list_reactions(world&, place, snowflake message, std::string_view emoji, snowflake after,
                                  size_t count);

outcome<done> pin(world&, const actor&, place, snowflake message, bool pinned);
/// Newest first.
js::array list_pins(world&, place);

/// Keeps a message and tells of it, unless it is ephemeral. The oldest give way above messages_per_channel_max.
/// `nonce` is echoed to the gateway, so that a client knows its own message; null: none.
message& keep(world&, message, const js::value& nonce = {});
void tell_changed(world&, const message&);
/// Gives a kept message what its author sends now, and tells of it. The first change of a deferred answer is no edit.
outcome<done> rewrite(world&, message&, const js::object& body);
void remove(world&, const message&);

} // namespace arrakis::sandbox::model
