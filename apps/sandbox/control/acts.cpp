// People act: they found guilds, type commands, click, fill in forms, and change a guild by hand.
#include "apps/sandbox/control/control.hpp"

#include "apps/sandbox/core/faults.hpp"
#include "apps/sandbox/model/interactions.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/json.hpp"
#include "schemas/permissions.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox::control {
namespace {
using namespace model;

/// A custom id with `*` means the first component of the message that is like it.
std::string custom_id_in(const js::array& components, std::string_view pattern) {
  for (const auto& each : components) {
    const auto* c = each.if_object();
    if (!c)
      continue;
    const auto id = json::text_or(*c, "custom_id");
    if (!id.empty() && like(pattern, id))
      return std::string(id);
    if (const auto* children = json::array_in(*c, "components"))
      if (auto found = custom_id_in(*children, pattern); !found.empty())
        return found;
  }
  return {};
}

guild* first_guild(sandbox_state& state, snowflake id) {
  if (id)
    return state.find_guild(id);
  return state.guilds.empty() ? nullptr : &state.guilds.begin()->second;
}

outcome<started> start(sandbox_state& state, const request& a) {
  const auto& body = a.object();
  if (const auto form = a.id("form_of")) {
    static const js::object nothing;
    const auto* fields = json::object_in(body, "fields");
    const auto parent = state.interactions.find(form);
    const auto user = a.id("user") || parent == state.interactions.end() ? a.id("user") : parent->second.user;
    return submit(state, user, form, fields ? *fields : nothing);
  }
  auto channel = a.id("channel");
  const auto* where = channel ? state.find_channel(channel) : nullptr;
  const auto* in = first_guild(state, where ? where->guild : a.id("guild"));
  if (!in)
    return unknown("Guild");
  if (!channel)
    channel = in->system_channel;
  const auto user = a.id("user") ? a.id("user") : in->owner;
  if (const auto message = a.id("message")) {
    std::string custom_id(json::text_or(body, "custom_id"));
    if (const auto* on = state.find_message(channel, message); on && custom_id.find('*') != std::string::npos)
      if (auto found = custom_id_in(on->components, custom_id); !found.empty())
        custom_id = found;
    std::vector<std::string> values;
    if (const auto* list = json::array_in(body, "values"))
      for (const auto& each : *list)
        if (each.is_string())
          values.emplace_back(each.as_string());
    return press(state, user, channel, message, custom_id, values);
  }
  if (const auto target = a.id("target"))
    return invoke_on(state, user, channel, json::text_or(body, "command"), target, a.id("application"));
  static const js::object nothing;
  const auto* options = json::object_in(body, "options");
  return invoke(state, user, channel, json::text_or(body, "command"), options ? *options : nothing, a.id("application"),
                json::text_or(body, "typing"));
}
} // namespace

handled handlers::make_guild(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto owner = a.id("owner")        ? a.id("owner")
                   : state.guilds.empty() ? snowflake{}
                                          : state.guilds.begin()->second.owner;
  if (!state.users.contains(owner))
    return wrong("field 'owner': no such user; make one with POST /_sandbox/users");
  auto& made = found_guild(state, std::string(json::text_or(a.object(), "name", "A new guild")), owner);
  if (json::bool_or(a.object(), "bot", true)) {
    const auto& app = a.id("application") ? state.applications[a.id("application")]
                                          : state.applications.begin()->second;
    const auto mask = a.object().contains("permissions")
                      ? arrakis::permissions::parse(json::text_or(a.object(), "permissions"))
                      : invited_permissions();
    invite_bot(state, made, app, mask, owner);
  }
  d.core_.settle();
  return rest::reply{
    200,
    js::object{{"guild_id", made.id.text()}, {"owner_id", owner.text()}, {"channel_id", made.system_channel.text()}}};
}

handled handlers::make_user(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto count = std::clamp<int64_t>(json::integer_or(a.object(), "count", 1), 1, 10'000);
  auto* in = a.id("guild") ? state.find_guild(a.id("guild")) : nullptr;
  if (a.id("guild") && !in)
    return wrong("field 'guild': no such guild");
  const std::string name(json::text_or(a.object(), "name", "somebody"));
  js::array ids;
  for (int64_t i = 0; i < count; ++i) {
    const auto id = d.core_.make_user(count == 1 ? name : fmt::format("{}{}", name, i + 1)).id;
    ids.push_back(js::value(id.text()));
    if (in)
      model::join(state, *in, id);
  }
  d.core_.settle();
  return rest::reply{200, js::object{{"user_id", ids[0]}, {"user_ids", ids}}};
}

handled handlers::make_application(api& d, const request& a) {
  d.core_.now();
  const auto& made = d.core_.make_application(std::string(json::text_or(a.object(), "name", "Another bot")),
                                              std::string(json::text_or(a.object(), "token")));
  d.core_.settle();
  return rest::reply{200, js::object{{"application_id", made.id.text()},
                                     {"bot_user_id", made.bot.text()},
                                     {"token", made.token},
                                     {"public_key", made.public_key}}};
}

handled handlers::join(api& d, const request& a) {
  auto& state = d.core_.now();
  auto* in = state.find_guild(a.id("guild"));
  if (!in || !state.users.contains(a.id("user")))
    return wrong("fields 'guild' and 'user': ids of both");
  model::join(state, *in, a.id("user"));
  d.core_.settle();
  return rest::reply{200, js::object{{"members", in->members.size()}}};
}

handled handlers::direct(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto who = state.users.find(a.id("user"));
  if (who == state.users.end())
    return wrong("field 'user': no such user");
  who->second.closed = !json::bool_or(a.object(), "open", true);
  d.core_.settle();
  return rest::reply{200, js::object{{"open", !who->second.closed}}};
}

handled handlers::invite(api& d, const request& a) {
  auto& state = d.core_.now();
  auto* in = state.find_guild(a.id("guild"));
  if (!in)
    return wrong("field 'guild': no such guild");
  const auto app = a.id("application") ? state.applications.find(a.id("application")) : state.applications.begin();
  if (app == state.applications.end())
    return wrong("field 'application': no such application");
  const auto mask = a.object().contains("permissions")
                    ? arrakis::permissions::parse(json::text_or(a.object(), "permissions"))
                    : invited_permissions();
  invite_bot(state, *in, app->second, mask, in->owner);
  d.core_.settle();
  return rest::reply{200, js::object{{"bot_user_id", app->second.bot.text()}}};
}

handled handlers::interact(api& d, const request& a) {
  auto& state = d.core_.now();
  auto begun = start(state, a);
  if (!begun)
    return rest::refuse(begun.why());
  const auto id = begun->id;
  d.delivery_.send(std::move(*begun));
  d.core_.settle();
  const auto until = json::text_or(a.object(), "wait");
  const bool deferred_is_enough = until == "acknowledged";
  if (until == "none")
    return rest::reply{200, interaction_view(state, state.interactions.at(id))};
  const auto look = [&state, id] {
    const auto found = state.interactions.find(id);
    return found == state.interactions.end() ? wrong("the interaction has ended")
                                             : rest::reply{200, interaction_view(state, found->second)};
  };
  d.wait(
    a,
    [&state, id, look, deferred_is_enough]() -> std::optional<rest::reply> {
      const auto found = state.interactions.find(id);
      if (found != state.interactions.end()
          && (found->second.phase == interaction::waiting
              || (found->second.phase == interaction::deferred && !deferred_is_enough)))
        return std::nullopt;
      return look();
    },
    look);
  return std::nullopt;
}

handled handlers::interaction(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto id = a.parameter_id(0);
  if (!state.interactions.contains(id))
    return rest::refuse(unknown("interaction"));
  const auto look = [&state, id] {
    const auto found = state.interactions.find(id);
    return found == state.interactions.end() ? wrong("the interaction has ended")
                                             : rest::reply{200, interaction_view(state, found->second)};
  };
  const auto after = a.query_number("after_edits");
  if (!after)
    return look();
  const auto known = *after;
  d.wait(
    a,
    [&state, id, known, look]() -> std::optional<rest::reply> {
      const auto found = state.interactions.find(id);
      if (found != state.interactions.end() && found->second.edits <= known
          && found->second.phase != interaction::failed)
        return std::nullopt;
      return look();
    },
    look);
  return std::nullopt;
}

handled handlers::message(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto channel = a.parameter_id(0), id = a.parameter_id(1);
  const auto text = a.query("contains");
  const auto look = [&state, channel, id] {
    const auto* m = state.find_message(channel, id);
    return m ? rest::reply{200, to_json(state, *m)} : rest::refuse(unknown("Message"));
  };
  if (text.empty())
    return look();
  d.wait(
    a,
    [look, text]() -> std::optional<rest::reply> {
      auto now = look();
      const bool there = now.status != 200 || js::serialize(*now.body).find(text) != std::string::npos;
      return there ? std::optional(std::move(now)) : std::nullopt;
    },
    look);
  return std::nullopt;
}

/// /_sandbox/as/{user}/<a path of Discord's REST>: that person does it, with all checks and no limits.
handled handlers::as(api& d, const request& a) {
  const auto user = a.parameter_id(0);
  if (!d.core_.state.users.contains(user))
    return wrong("/_sandbox/as/{user}/<path below /api/v10>: no such user");
  std::string_view path = a.target; // As on the wire: the routes of Discord decode it themselves.
  path = path.substr(0, path.find_first_of("?#"));
  path.remove_prefix(path.find('/', as_prefix.size()));
  return d.rest_.as_user(user, a.method, path, a.target, a.body, {});
}

} // namespace arrakis::sandbox::control
