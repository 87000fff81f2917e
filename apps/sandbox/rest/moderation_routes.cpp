// Routes of bans, invites and emojis.
// https://discord.com/developers/docs/resources/guild, resources/invite and resources/emoji
#include "apps/sandbox/model/bans.hpp"
#include "apps/sandbox/model/emojis.hpp"
#include "apps/sandbox/model/invites.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

reply get_bans(call& c) {
  return in_guild(c, [&](guild& in) {
    return give(list_bans(c.state, c.by, in, c.query_id("before"), c.query_id("after"), c.limit(1000)));
  });
}
reply get_one_ban(call& c) {
  return in_guild(c, [&](guild& in) { return give(get_ban(c.state, c.by, in, c.id(1))); });
}
reply put_ban(call& c) {
  return in_guild(c, [&](guild& in) { return give(ban(c.state, c.by, in, c.id(1), c.object())); });
}
reply remove_ban(call& c) {
  return in_guild(c, [&](guild& in) { return give(unban(c.state, c.by, in, c.id(1))); });
}
reply post_bulk_ban(call& c) {
  return in_guild(c, [&](guild& in) { return give(ban_all(c.state, c.by, in, c.object())); });
}

reply post_invite(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(create_invite(c.state, c.by, at, c.object())); });
}
reply get_channel_invites(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(list_invites(c.state, c.by, *at.guild, at.channel->id)); });
}
reply get_guild_invites(call& c) {
  return in_guild(c, [&](guild& in) { return give(list_invites(c.state, c.by, in, {})); });
}
reply get_one_invite(call& c) { return give(get_invite(c.state, c.ids[0], c.flag("with_counts"))); }
reply remove_invite(call& c) { return give(delete_invite(c.state, c.by, c.ids[0])); }

reply get_emojis(call& c) {
  return in_guild(c, [&](guild& in) { return reply{200, emojis_json(c.state, in)}; });
}
reply get_one_emoji(call& c) {
  return in_guild(c, [&](guild& in) { return give(get_emoji(c.state, in, c.id(1))); });
}
reply post_emoji(call& c) {
  return in_guild(c, [&](guild& in) { return give(create_emoji(c.state, c.by, in, c.object()), 201); });
}
reply patch_emoji(call& c) {
  return in_guild(c, [&](guild& in) { return give(edit_emoji(c.state, c.by, in, c.id(1), c.object())); });
}
reply remove_emoji(call& c) {
  return in_guild(c, [&](guild& in) { return give(delete_emoji(c.state, c.by, in, c.id(1))); });
}
} // namespace

const std::vector<route>& moderation_routes() {
  static const std::vector<route> table{
    {"GET", "/guilds/{guild}/bans", get_bans, false, {1000, {"before", "after"}}},
    {"GET", "/guilds/{guild}/bans/{user}", get_one_ban},
    {"PUT", "/guilds/{guild}/bans/{user}", put_ban},
    {"DELETE", "/guilds/{guild}/bans/{user}", remove_ban},
    {"POST", "/guilds/{guild}/bulk-ban", post_bulk_ban},
    {"POST", "/channels/{channel}/invites", post_invite},
    {"GET", "/channels/{channel}/invites", get_channel_invites},
    {"GET", "/guilds/{guild}/invites", get_guild_invites},
    {"GET", "/invites/{code:any}", get_one_invite},
    {"DELETE", "/invites/{code:any}", remove_invite},
    {"GET", "/guilds/{guild}/emojis", get_emojis},
    {"POST", "/guilds/{guild}/emojis", post_emoji},
    {"GET", "/guilds/{guild}/emojis/{emoji}", get_one_emoji},
    {"PATCH", "/guilds/{guild}/emojis/{emoji}", patch_emoji},
    {"DELETE", "/guilds/{guild}/emojis/{emoji}", remove_emoji},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
