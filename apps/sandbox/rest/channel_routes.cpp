// https://discord.com/developers/docs/resources/channel and message; interaction callbacks and their webhooks.
#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/interactions.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/rest/router.hpp"

#include <charconv>

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

/// Runs `f` with the channel of the path, if the caller may see it.
template <class F>
reply in_channel(call& c, F&& f) {
  auto at = channel_for(c.world, c.by, c.id(0));
  return at ? f(*at) : refuse(at.why());
}

reply get_channel(call& c) {
  return in_channel(c, [](place at) { return reply{200, to_json(*at.channel)}; });
}
reply patch_channel(call& c) {
  return in_channel(c, [&](place at) { return give(edit_channel(c.world, c.by, at, c.object())); });
}
reply remove_channel(call& c) {
  return in_channel(c, [&](place at) { return give(delete_channel(c.world, c.by, at)); });
}
reply put_permission(call& c) {
  return in_channel(c, [&](place at) { return give(put_overwrite(c.world, c.by, at, c.id(1), c.object())); });
}
reply remove_permission(call& c) {
  return in_channel(c, [&](place at) { return give(delete_overwrite(c.world, c.by, at, c.id(1))); });
}
reply get_messages(call& c) {
  size_t limit = 50;
  const auto text = c.query("limit");
  std::from_chars(text.data(), text.data() + text.size(), limit);
  const auto before = parse_snowflake(c.query("before")).value_or(snowflake{});
  const auto after = parse_snowflake(c.query("after")).value_or(snowflake{});
  return in_channel(
    c, [&](place at) { return give(list_messages(c.world, c.by, at, before, after, std::min<size_t>(limit, 100))); });
}
reply post_message(call& c) {
  return in_channel(c, [&](place at) { return give(send_message(c.world, c.by, at, c.object())); });
}
reply get_one_message(call& c) {
  return in_channel(c, [&](place at) { return give(get_message(c.world, c.by, at, c.id(1))); });
}
reply patch_message(call& c) {
  return in_channel(c, [&](place at) { return give(edit_message(c.world, c.by, at, c.id(1), c.object())); });
}
reply remove_message(call& c) {
  return in_channel(c, [&](place at) { return give(delete_message(c.world, c.by, at, c.id(1))); });
}
reply post_typing(call& c) {
  return in_channel(c, [](place) { return reply{204, std::nullopt}; });
}

reply post_callback(call& c) {
  auto done = answer(c.world, c.id(0), c.ids[1], c.object());
  if (!done)
    return refuse(done.why());
  return c.query("with_response") == "true" ? reply{200, js::value(std::move(*done))} : reply{204, std::nullopt};
}
reply post_follow_up(call& c) {
  auto done = follow_up(c.world, c.id(0), c.ids[1], c.object());
  if (!done)
    return refuse(done.why());
  // Interaction webhooks always wait; only ?wait=false gives no body.
  return c.query("wait") == "false" ? reply{204, std::nullopt} : reply{200, js::value(std::move(*done))};
}
snowflake response_id(const call& c) { return c.ids[2] == "@original" ? snowflake{} : c.id(2); }
reply get_webhook_message(call& c) { return give(get_response(c.world, c.id(0), c.ids[1], response_id(c))); }
reply patch_webhook_message(call& c) {
  return give(edit_response(c.world, c.id(0), c.ids[1], response_id(c), c.object()));
}
reply remove_webhook_message(call& c) { return give(delete_response(c.world, c.id(0), c.ids[1], response_id(c))); }
} // namespace

const std::vector<route>& channel_routes() {
  static const std::vector<route> table{
    {"POST", "/interactions/{interaction}/{token}/callback", post_callback, true},
    {"POST", "/webhooks/{webhook}/{token}", post_follow_up, true},
    {"GET", "/webhooks/{webhook}/{token}/messages/{message}", get_webhook_message, true},
    {"PATCH", "/webhooks/{webhook}/{token}/messages/{message}", patch_webhook_message, true},
    {"DELETE", "/webhooks/{webhook}/{token}/messages/{message}", remove_webhook_message, true},
    {"GET", "/channels/{channel}", get_channel},
    {"PATCH", "/channels/{channel}", patch_channel},
    {"DELETE", "/channels/{channel}", remove_channel},
    {"PUT", "/channels/{channel}/permissions/{overwrite}", put_permission},
    {"DELETE", "/channels/{channel}/permissions/{overwrite}", remove_permission},
    {"GET", "/channels/{channel}/messages", get_messages},
    {"POST", "/channels/{channel}/messages", post_message},
    {"GET", "/channels/{channel}/messages/{message}", get_one_message},
    {"PATCH", "/channels/{channel}/messages/{message}", patch_message},
    {"DELETE", "/channels/{channel}/messages/{message}", remove_message},
    {"POST", "/channels/{channel}/typing", post_typing},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
