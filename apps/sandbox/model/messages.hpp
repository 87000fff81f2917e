#pragma once
// Messages in channels, also direct ones (where the place has no guild).
// https://discord.com/developers/docs/resources/message
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// Builds and checks a message without storing it.
outcome<message> draft_message(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// POST /channels/{channel}/messages: sends a message.
outcome<js::object> send_message(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// PATCH of a message by its author.
outcome<js::object> edit_message(sandbox_state&, const actor&, channel_ref, snowflake id, const js::object& body);
/// DELETE of one message.
outcome<done> delete_message(sandbox_state&, const actor&, channel_ref, snowflake id);
/// GET of one message.
outcome<js::object> get_message(sandbox_state&, const actor&, channel_ref, snowflake id);
/// Window of a message list, newest first, without ephemeral messages. `after`: those that follow it (0: the oldest of
/// the channel); `around`: half of them older.
struct message_window {
  snowflake before = {};
  std::optional<snowflake> after = {};
  snowflake around = {};
};
/// GET /channels/{channel}/messages: at most `count` messages of the window.
outcome<js::array> list_messages(sandbox_state&, const actor&, channel_ref, message_window, size_t count);

/// POST /channels/{channel}/messages/bulk-delete: 2 to 100, none older than 14 days.
outcome<done> delete_messages(sandbox_state&, const actor&, channel_ref, const js::object& body);

/// Adds a reaction. `emoji` as in the path: the character itself, or name:id.
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
/// Pinned messages, newest first.
js::array list_pins(sandbox_state&, channel_ref);

/// Stores a message and emits MESSAGE_CREATE, unless it is ephemeral; drops the oldest above messages_per_channel_max.
/// `nonce` is echoed to the gateway, so that a client recognises its own message; null: none.
message& keep(sandbox_state&, message, const js::value& nonce = {});
/// Emits MESSAGE_UPDATE, unless the message is ephemeral.
void tell_changed(sandbox_state&, const message&);
/// Edits a stored message and emits MESSAGE_UPDATE. The first change of a deferred response is no edit.
outcome<done> rewrite(sandbox_state&, message&, const js::object& body);
/// Removes a message and emits MESSAGE_DELETE, unless it is ephemeral.
void remove(sandbox_state&, const message&);

} // namespace arrakis::sandbox::model
