#pragma once
// Threads of text and announcement channels, and posts of forums.
// https://discord.com/developers/docs/topics/threads
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// POST /channels/{channel}/messages/{message}/threads: the thread gets the id of its message.
outcome<js::object> start_thread_from(sandbox_state&, const actor&, channel_ref, snowflake message,
                                      const js::object& body);
/// POST /channels/{channel}/threads: a thread without a message; in a forum, with the post's first message.
outcome<js::object> start_thread(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// PATCH /channels/{thread}.
outcome<js::object> edit_thread(sandbox_state&, const actor&, channel_ref, const js::object& body);
/// DELETE /channels/{thread}.
outcome<js::object> delete_thread(sandbox_state&, const actor&, channel_ref);

/// PUT /channels/{thread}/thread-members/{user}: adds `user` to the thread.
outcome<done> join_thread(sandbox_state&, const actor&, channel_ref, snowflake user);
/// Removes `user` from the thread.
outcome<done> leave_thread(sandbox_state&, const actor&, channel_ref, snowflake user);
/// GET /channels/{thread}/thread-members, with guild members on request.
outcome<js::array> list_thread_members(sandbox_state&, channel_ref, bool with_member);
/// GET of one thread member.
outcome<js::object> get_thread_member(sandbox_state&, channel_ref, snowflake user, bool with_member);

/// Unarchived threads of the guild that `by` may view: {threads, members}.
js::object active_threads(sandbox_state&, const actor&, const guild&);
/// Archived threads of a channel, newest first: {threads, members, has_more}.
js::object archived_threads(sandbox_state&, const actor&, channel_ref, bool private_ones, size_t count);
/// Threads that GUILD_CREATE lists for a bot.
js::array threads_seen_by(const guild&, snowflake user);

} // namespace arrakis::sandbox::model
