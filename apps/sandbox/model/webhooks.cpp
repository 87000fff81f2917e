#include "apps/sandbox/model/webhooks.hpp"

#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/links.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox::model {
namespace {
using namespace arrakis::permissions;

constexpr size_t webhooks_per_channel_max = 15;

js::object to_json(sandbox_state& state, const webhook_place& at, bool with_token, bool with_user) {
  const auto& hook = *at.hook;
  js::object out{{"id", hook.id.text()},
                 {"type", 1},
                 {"guild_id", at.guild->id.text()},
                 {"channel_id", hook.channel.text()},
                 {"name", hook.name},
                 {"avatar", nullptr},
                 {"application_id", hook.application ? js::value(hook.application.text()) : js::value(nullptr)}};
  if (with_token) {
    out["token"] = hook.token;
    out["url"] = state.media_url + "/api/webhooks/" + hook.id.text() + "/" + hook.token;
  }
  if (with_user)
    out["user"] = model::to_json(state.user_of(hook.creator));
  return out;
}

/// 1 to 80 characters, and neither "clyde" nor "discord" among them.
/// https://discord.com/developers/docs/resources/webhook#create-webhook
std::optional<std::string> read_name(form& f, std::string_view key) {
  auto name = f.text(key, 1, 80);
  for (const std::string_view word : {"clyde", "discord"})
    if (name && unicode::lower(*name).find(word) != std::string::npos)
      f.fault(key, "USERNAME_INVALID_CONTAINS", fmt::format("Username cannot contain \"{}\"", word));
  return name;
}

void tell(sandbox_state& state, const webhook_place& at) {
  state.emit("WEBHOOKS_UPDATE", at.guild->id,
             {{"guild_id", at.guild->id.text()}, {"channel_id", at.hook->channel.text()}});
}

bool may_manage(const actor* by, const webhook_place& at) {
  return !by || (permissions_in(*at.guild, by->user) & manage_webhooks);
}

/// The channel that a message goes to: the webhook's own, or a thread in it.
outcome<channel_ref> target_of(const webhook_place& at, snowflake thread) {
  const auto found = at.guild->channels.find(thread ? thread : at.hook->channel);
  if (found == at.guild->channels.end() || (thread && found->second.parent != at.hook->channel))
    return unknown("Channel");
  return channel_ref{at.guild, &found->second};
}

outcome<message*> own_message(sandbox_state& state, const webhook_place& at, snowflake thread, snowflake id) {
  auto where = target_of(at, thread);
  if (!where)
    return where.why();
  auto* m = state.find_message(where->channel->id, id);
  if (!m || m->webhook != at.hook->id)
    return unknown("Message");
  return m;
}
} // namespace

outcome<webhook_place> find_webhook(sandbox_state& state, snowflake id, std::string_view token) {
  for (auto& [_, in] : state.guilds)
    if (const auto found = in.webhooks.find(id); found != in.webhooks.end()) {
      if (!token.empty() && found->second.token != token)
        return refusal{401, 50027, "Invalid Webhook Token", {}};
      return webhook_place{&in, &found->second};
    }
  return unknown("Webhook");
}

outcome<js::object> create_webhook(sandbox_state& state, const actor& by, channel_ref at, const js::object& body) {
  if (!(permissions_in(*at.guild, *at.channel, by.user) & manage_webhooks))
    return missing_permissions();
  if (at.channel->kind == category_channel)
    return wrong_channel_type();
  form f(body);
  f.require("name");
  const auto name = read_name(f, "name");
  if (!f.clean())
    return f.why();
  const auto there = std::count_if(at.guild->webhooks.begin(), at.guild->webhooks.end(),
                                   [&](const auto& each) { return each.second.channel == at.channel->id; });
  if (static_cast<size_t>(there) >= webhooks_per_channel_max)
    return refusal{400, 30007, "Maximum number of webhooks reached (15)", {}};
  const auto id = state.next_id();
  auto& hook = at.guild->webhooks[id];
  hook = {.id = id,
          .channel = at.channel->id,
          .creator = by.user,
          .application = by.app ? by.app->id : snowflake{},
          .name = *name,
          .token = random_hex(34)};
  const webhook_place made{at.guild, &hook};
  tell(state, made);
  js::array changes;
  change(changes, "name", nullptr, hook.name);
  change(changes, "channel_id", nullptr, hook.channel.text());
  note(state, *at.guild, action::webhook_create, by, id, std::move(changes));
  return to_json(state, made, true, true);
}

outcome<js::array> list_webhooks(sandbox_state& state, const actor& by, const guild& in, snowflake channel) {
  if (!(permissions_in(in, by.user) & manage_webhooks))
    return missing_permissions();
  js::array list;
  auto& guild = state.guilds.at(in.id);
  for (auto& [_, hook] : guild.webhooks)
    if (!channel || hook.channel == channel) // Another application's token is its own secret.
      list.push_back(to_json(state, {&guild, &hook}, !by.app || hook.application == by.app->id, true));
  return list;
}

outcome<js::object> get_webhook(sandbox_state& state, const actor* by, webhook_place at) {
  if (!may_manage(by, at))
    return missing_permissions();
  return to_json(state, at, !by || !by->app || at.hook->application == by->app->id, by != nullptr);
}

outcome<js::object> edit_webhook(sandbox_state& state, const actor* by, webhook_place at, const js::object& body) {
  if (!may_manage(by, at))
    return missing_permissions();
  form f(body);
  const auto name = read_name(f, "name");
  const auto channel = by ? f.id("channel_id") : std::nullopt; // With the token alone it stays where it is.
  if (channel && !at.guild->channels.contains(*channel))
    f.fault("channel_id", "CHANNEL_INVALID", "Unknown channel");
  if (!f.clean())
    return f.why();
  js::array changes;
  change(changes, "name", at.hook->name, name.value_or(at.hook->name));
  change(changes, "channel_id", at.hook->channel.text(), channel.value_or(at.hook->channel).text());
  at.hook->name = name.value_or(at.hook->name);
  at.hook->channel = channel.value_or(at.hook->channel);
  tell(state, at);
  note(state, *at.guild, action::webhook_update, by ? *by : actor{.user = at.hook->creator}, at.hook->id,
       std::move(changes));
  return to_json(state, at, true, by != nullptr);
}

outcome<done> delete_webhook(sandbox_state& state, const actor* by, webhook_place at) {
  if (!may_manage(by, at))
    return missing_permissions();
  tell(state, at);
  js::array changes;
  change(changes, "name", at.hook->name, nullptr);
  note(state, *at.guild, action::webhook_delete, by ? *by : actor{.user = at.hook->creator}, at.hook->id,
       std::move(changes));
  at.guild->webhooks.erase(at.hook->id);
  return done{};
}

outcome<js::object> execute_webhook(sandbox_state& state, webhook_place at, snowflake thread, const js::object& body) {
  auto where = target_of(at, thread);
  if (!where)
    return where.why();
  form f(body);
  const auto name = read_name(f, "username");
  if (const auto url = f.text("avatar_url", 1, 2048))
    check_link(f, "avatar_url", *url, {"http", "https"});
  if (!f.clean())
    return f.why();
  if (is_forum(where->channel->kind))
    return refusal{400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id", {}};
  if (f.has("thread_name"))
    return refusal{400, 220003, "Webhooks can only create threads in forum channels", {}};
  auto m = draft_message(state, {.user = at.guild->owner}, *where, body); // May mention the same roles as its creator.
  if (!m)
    return m.why();
  m->author = at.hook->id;
  m->webhook = at.hook->id;
  m->author_name = name.value_or(at.hook->name);
  return model::to_json(state, keep(state, std::move(*m)));
}

outcome<js::object> get_webhook_message(sandbox_state& state, webhook_place at, snowflake thread, snowflake id) {
  auto m = own_message(state, at, thread, id);
  if (!m)
    return m.why();
  return model::to_json(state, **m);
}

outcome<js::object> edit_webhook_message(sandbox_state& state, webhook_place at, snowflake thread, snowflake id,
                                         const js::object& body) {
  auto m = own_message(state, at, thread, id);
  if (!m)
    return m.why();
  if (auto changed = rewrite(state, **m, body); !changed)
    return changed.why();
  return model::to_json(state, **m);
}

outcome<done> delete_webhook_message(sandbox_state& state, webhook_place at, snowflake thread, snowflake id) {
  auto m = own_message(state, at, thread, id);
  if (!m)
    return m.why();
  remove(state, **m);
  return done{};
}

} // namespace arrakis::sandbox::model
