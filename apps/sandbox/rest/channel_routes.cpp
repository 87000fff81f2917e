// https://discord.com/developers/docs/resources/channel
#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/direct.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

reply get_channel(call& c) {
  return in_conversation(c, [&](channel_ref at) {
    return reply{200, at.guild ? to_json(*at.channel) : direct_json(c.state, *at.channel, c.by.user)};
  });
}
reply patch_channel(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(edit_channel(c.state, c.by, at, c.object())); });
}
reply remove_channel(call& c) {
  return in_conversation(c, [&](channel_ref at) {
    // A direct one is closed for the caller alone, and is the same when it is opened again.
    return at.guild ? give(delete_channel(c.state, c.by, at))
                    : reply{200, direct_json(c.state, *at.channel, c.by.user)};
  });
}
reply put_permission(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(put_overwrite(c.state, c.by, at, c.id(1), c.object())); });
}
reply remove_permission(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(delete_overwrite(c.state, c.by, at, c.id(1))); });
}
} // namespace

const std::vector<route>& channel_routes() {
  static const std::vector<route> table{
    {"GET", "/channels/{channel}", get_channel},
    {"PATCH", "/channels/{channel}", patch_channel},
    {"DELETE", "/channels/{channel}", remove_channel},
    {"PUT", "/channels/{channel}/permissions/{overwrite}", put_permission},
    {"DELETE", "/channels/{channel}/permissions/{overwrite}", remove_permission},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
