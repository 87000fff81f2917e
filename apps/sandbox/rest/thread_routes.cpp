// https://discord.com/developers/docs/topics/threads
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/threads.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

snowflake member_of(const call& c) { return c.ids[1] == "@me" ? c.by.user : c.id(1); }

reply post_from_message(call& c) {
  return in_channel(
    c, [&](channel_ref at) { return give(start_thread_from(c.state, c.by, at, c.id(1), c.object()), 201); });
}
reply post_thread(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(start_thread(c.state, c.by, at, c.object()), 201); });
}
reply get_thread_members(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(list_thread_members(c.state, at, c.flag("with_member"))); });
}
reply get_one(call& c) {
  return in_channel(
    c, [&](channel_ref at) { return give(get_thread_member(c.state, at, member_of(c), c.flag("with_member"))); });
}
reply put_member(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(join_thread(c.state, c.by, at, member_of(c))); });
}
reply remove_member(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(leave_thread(c.state, c.by, at, member_of(c))); });
}
reply get_archived_public(call& c) {
  return in_channel(c, [&](channel_ref at) {
    return reply{200, archived_threads(c.state, c.by, at, false, c.limit(50))};
  });
}
reply get_archived_private(call& c) {
  return in_channel(c, [&](channel_ref at) {
    if (!(permissions_in(*at.guild, *at.channel, c.by.user) & manage_threads))
      return refuse(missing_permissions());
    return reply{200, archived_threads(c.state, c.by, at, true, c.limit(50))};
  });
}
reply get_active(call& c) {
  return in_guild(c, [&](guild& in) { return reply{200, active_threads(c.state, c.by, in)}; });
}
} // namespace

const std::vector<route>& thread_routes() {
  static const std::vector<route> table{
    {"POST", "/channels/{channel}/messages/{message}/threads", post_from_message},
    {"POST", "/channels/{channel}/threads", post_thread},
    {"GET", "/channels/{channel}/thread-members", get_thread_members},
    {"GET", "/channels/{channel}/thread-members/{user}", get_one},
    {"PUT", "/channels/{channel}/thread-members/{user}", put_member},
    {"DELETE", "/channels/{channel}/thread-members/{user}", remove_member},
    {"GET", "/channels/{channel}/threads/archived/public", get_archived_public, false, {100}},
    {"GET", "/channels/{channel}/threads/archived/private", get_archived_private, false, {100}},
    {"GET", "/guilds/{guild}/threads/active", get_active},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
