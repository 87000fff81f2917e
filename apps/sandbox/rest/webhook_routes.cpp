// https://discord.com/developers/docs/resources/webhook, and the webhooks of interactions, which share their paths.
#include "apps/sandbox/model/interactions.hpp"
#include "apps/sandbox/model/webhooks.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

reply post_callback(call& c) {
  auto done = answer(c.state, c.id(0), c.ids[1], c.object());
  if (!done)
    return refuse(done.why());
  return c.flag("with_response") ? reply{200, js::value(std::move(*done))} : reply{204, std::nullopt};
}

/// Runs `hook` with the incoming webhook of the path, or `interaction` when the path names an application.
template <class Hook, class Interaction>
reply by_token(call& c, Hook&& hook, Interaction&& interaction) {
  auto found = find_webhook(c.state, c.id(0), c.ids[1]);
  if (found)
    return hook(*found);
  return c.state.applications.contains(c.id(0)) ? interaction() : refuse(found.why());
}
snowflake thread_of(const call& c) { return c.query_id("thread_id"); }
snowflake response_id(const call& c) { return c.ids[2] == "@original" ? snowflake{} : c.id(2); }

reply post_message(call& c) {
  return by_token(
    c,
    [&](webhook_place at) {
      auto sent = execute_webhook(c.state, at, thread_of(c), c.object());
      return !sent || c.flag("wait") ? give(std::move(sent)) : reply{204, std::nullopt};
    },
    [&] {
      auto done = follow_up(c.state, c.id(0), c.ids[1], c.object());
      // Interaction webhooks always wait; only ?wait=false gives no body.
      return !done || c.flag("wait", true) ? give(std::move(done)) : reply{204, std::nullopt};
    });
}
reply get_message(call& c) {
  return by_token(
    c, [&](webhook_place at) { return give(get_webhook_message(c.state, at, thread_of(c), c.id(2))); },
    [&] { return give(get_response(c.state, c.id(0), c.ids[1], response_id(c))); });
}
reply patch_message(call& c) {
  return by_token(
    c, [&](webhook_place at) { return give(edit_webhook_message(c.state, at, thread_of(c), c.id(2), c.object())); },
    [&] { return give(edit_response(c.state, c.id(0), c.ids[1], response_id(c), c.object())); });
}
reply remove_message(call& c) {
  return by_token(
    c, [&](webhook_place at) { return give(delete_webhook_message(c.state, at, thread_of(c), c.id(2))); },
    [&] { return give(delete_response(c.state, c.id(0), c.ids[1], response_id(c))); });
}

/// Runs `f` with the webhook of the path: with its token (`by` null), or as the caller.
template <class F>
reply managed(call& c, F&& f) {
  const bool has_token = c.ids.size() > 1;
  auto at = find_webhook(c.state, c.id(0), has_token ? std::string_view(c.ids[1]) : std::string_view{});
  return at ? f(has_token ? nullptr : &c.by, *at) : refuse(at.why());
}
reply get_hook(call& c) {
  return managed(c, [&](const actor* by, webhook_place at) { return give(get_webhook(c.state, by, at)); });
}
reply patch_hook(call& c) {
  return managed(c, [&](const actor* by, webhook_place at) { return give(edit_webhook(c.state, by, at, c.object())); });
}
reply remove_hook(call& c) {
  return managed(c, [&](const actor* by, webhook_place at) { return give(delete_webhook(c.state, by, at)); });
}

reply post_hook(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(create_webhook(c.state, c.by, at, c.object())); });
}
reply get_channel_hooks(call& c) {
  return in_channel(c, [&](channel_ref at) { return give(list_webhooks(c.state, c.by, *at.guild, at.channel->id)); });
}
reply get_guild_hooks(call& c) {
  return in_guild(c, [&](guild& in) { return give(list_webhooks(c.state, c.by, in, {})); });
}
} // namespace

const std::vector<route>& webhook_routes() {
  static const std::vector<route> table{
    {"POST", "/interactions/{interaction}/{token:any}/callback", post_callback, true},
    {"POST", "/webhooks/{webhook}/{token:any}", post_message, true, {.query_ids = {"thread_id"}}},
    {"GET", "/webhooks/{webhook}/{token:any}", get_hook, true},
    {"PATCH", "/webhooks/{webhook}/{token:any}", patch_hook, true},
    {"DELETE", "/webhooks/{webhook}/{token:any}", remove_hook, true},
    {"GET", "/webhooks/{webhook}/{token:any}/messages/{message}", get_message, true, {.query_ids = {"thread_id"}}},
    {"PATCH", "/webhooks/{webhook}/{token:any}/messages/{message}", patch_message, true, {.query_ids = {"thread_id"}}},
    {"DELETE",
     "/webhooks/{webhook}/{token:any}/messages/{message}",
     remove_message,
     true,
     {.query_ids = {"thread_id"}}},
    {"GET", "/webhooks/{webhook}", get_hook},
    {"PATCH", "/webhooks/{webhook}", patch_hook},
    {"DELETE", "/webhooks/{webhook}", remove_hook},
    {"POST", "/channels/{channel}/webhooks", post_hook},
    {"GET", "/channels/{channel}/webhooks", get_channel_hooks},
    {"GET", "/guilds/{guild}/webhooks", get_guild_hooks},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
