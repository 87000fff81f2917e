#pragma once
// Messages in channels, also direct ones (where the place has no guild).
// https://discord.com/developers/docs/resources/message
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// A message as its author sends it, checked and not yet kept.
outcome<message> draft_message(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// POST /channels/{channel}/messages: sends a message.
outcome<js::object> send_message(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// PATCH of a message by its author.
outcome<js::object> edit_message(sandbox_state&, const actor&, channel_ref, snowflake id, const js::object& body);
/// DELETE of one message.
outcome<done> delete_message(sandbox_state&, const actor&, channel_ref, snowflake id);
/// GET of one message.
outcome<js::object> get_message(sandbox_state&, const actor&, channel_ref, snowflake id);
/// Newest first; ephemeral ones are in no list. `after` gives those that follow it (0: the oldest of the channel),
/// `around` half of them older.
struct message_window {
  snowflake before = {};
  std::optional<snowflake> after = {};
  snowflake around = {};
};
/// GET /channels/{channel}/messages: at most `count` messages of the window.
outcome<js::array> list_messages(sandbox_state&, const actor&, channel_ref, message_window, size_t count);

/// POST /channels/{channel}/messages/bulk-delete: 2 to 100, none older than 14 days.
outcome<done> delete_messages(sandbox_state&, const actor&, channel_ref, const js::object& body);

/// Reactions. `emoji` as in the path: the character itself, or name:id. `user` 0: everybody's.
outcome<done> react(sandbox_state&, const actor&, channel_ref, snowflake message, std::string_view emoji);
/// Removes a reaction of `user`, or of everybody.
outcome<done> unreact(sandbox_state&, const actor&, channel_ref, snowflake message, std::string_view emoji,
                      snowflake user);
/// Removes all reactions, or those of one emoji.
outcome<done> clear_reactions(sandbox_state&, const actor&, channel_ref, snowflake message, std::string_view emoji);
/// Users who reacted with the emoji, by ascending id, those above `after`.
outcome<js::array> list_reactions(sandbox_state&, channel_ref, snowflake message, std::string_view emoji,
                                  snowflake after, size_t count);

/// Pins a message, or unpins it.
outcome<done> pin(sandbox_state&, const actor&, channel_ref, snowflake message, bool pinned);
/// Newest first.
js::array list_pins(sandbox_state&, channel_ref);

/// Keeps a message and tells of it, unless it is ephemeral. The oldest give way above messages_per_channel_max.
/// `nonce` is echoed to the gateway, so that a client knows its own message; null: none.
message& keep(sandbox_state&, message, const js::value& nonce = {});
/// Emits MESSAGE_UPDATE, unless the message is ephemeral.
void tell_changed(sandbox_state&, const message&);
/// Gives a kept message what its author sends now, and tells of it. The first change of a deferred answer is no edit.
outcome<done> rewrite(sandbox_state&, message&, const js::object& body);
/// Removes a message and emits MESSAGE_DELETE, unless it is ephemeral.
void remove(sandbox_state&, const message&);

} // namespace arrakis::sandbox::model
