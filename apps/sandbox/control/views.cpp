// Reading: what a person sees, what a test asserts on.
#include "apps/sandbox/control/control.hpp"

#include "apps/sandbox/model/channels.hpp"
#include "apps/sandbox/model/commands.hpp"
#include "apps/sandbox/model/direct.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/model/roles.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <fmt/format.h>
#include <set>

namespace arrakis::sandbox::control {
namespace {
using namespace model;

constexpr size_t people_shown_max = 200;

const char* phase_name(const model::interaction& i) {
  switch (i.phase) {
    case model::interaction::waiting: return "waiting";
    case model::interaction::deferred: return "deferred";
    case model::interaction::answered: return "answered";
    case model::interaction::form: return "form";
    case model::interaction::failed: return "failed";
  }
  return "failed";
}

/// The newest messages of a channel as `user` sees them, oldest first.
js::array messages_for(sandbox_state& state, snowflake channel, snowflake user) {
  js::array list;
  const auto in = state.messages.find(channel);
  if (in == state.messages.end())
    return list;
  for (const auto& [_, m] : in->second)
    if (!m.visible_to || m.visible_to == user)
      list.push_back(to_json(state, m));
  return list;
}

js::array commands_for(sandbox_state& state, const guild& in, snowflake user) {
  js::array list;
  const auto mine = permissions_in(in, user);
  for (const auto& [_, app] : state.applications)
    if (in.members.contains(app.bot))
      for (const auto& [__, each] : app.commands) {
        if ((each.guild && each.guild != in.id)
            || find_command(app, in.id, json::text_or(each.definition, "name")) != &each)
          continue;
        const auto needed = arrakis::permissions::parse(
          json::text_or(each.definition, "default_member_permissions", "0"));
        if ((mine & needed) == needed)
          list.push_back(to_json(each, app));
      }
  return list;
}

js::object view_of_guild(sandbox_state& state, const guild& in, snowflake user) {
  js::array channels, members;
  for (const auto& [_, each] : in.channels) {
    // A category is seen when one of its channels is.
    const bool seen = permissions_in(in, each, user) & arrakis::permissions::view_channel;
    const bool holds = each.kind == category_channel
                    && std::any_of(in.channels.begin(), in.channels.end(), [&](const auto& c) {
                         return c.second.parent == each.id
                             && permissions_in(in, c.second, user) & arrakis::permissions::view_channel;
                       });
    if (seen || holds) {
      auto o = to_json(each);
      o["may_send"] = (permissions_in(in, each, user) & arrakis::permissions::send_messages) != 0;
      channels.push_back(std::move(o));
    }
  }
  for (const auto& [_, each] : in.members) {
    members.push_back(to_json(state, each));
    if (members.size() == people_shown_max)
      break;
  }
  return {{"id", in.id.text()},
          {"name", in.name},
          {"owner_id", in.owner.text()},
          {"roles", list_roles(in)},
          {"channels", std::move(channels)},
          {"members", std::move(members)},
          {"member_count", in.members.size()},
          {"commands", commands_for(state, in, user)}};
}

/// Direct messages of a person, in the shape of a guild.
constexpr std::string_view direct_messages = "@me";

js::array commands_in(sandbox_state& state, const channel& direct) {
  js::array list;
  for (const auto& [_, app] : state.applications) {
    if (std::find(direct.recipients.begin(), direct.recipients.end(), app.bot) == direct.recipients.end())
      continue;
    for (const auto& [__, each] : app.commands) {
      const auto* contexts = json::array_in(each.definition, "contexts");
      if (!each.guild && (!contexts || std::find(contexts->begin(), contexts->end(), js::value(1)) != contexts->end()))
        list.push_back(to_json(each, app));
    }
  }
  return list;
}

/// Those who share a guild with a person, but for those of `known`.
js::array people_around(sandbox_state& state, snowflake user, std::set<snowflake> known) {
  js::array list;
  for (const auto& [_, in] : state.guilds)
    if (in.members.contains(user))
      for (const auto& [id, __] : in.members)
        if (list.size() < people_shown_max && known.insert(id).second)
          list.push_back(to_json(state.user_of(id)));
  return list;
}

/// `shown` is null while nobody has been chosen.
js::object view_of_directs(sandbox_state& state, snowflake user, const channel* shown) {
  js::array channels, members;
  std::set<snowflake> known{user};
  for (const auto& [id, each] : state.direct) {
    if (std::find(each.recipients.begin(), each.recipients.end(), user) == each.recipients.end())
      continue;
    auto o = direct_json(state, each, user);
    o["name"] = o.at("recipients").at(0).at("username");
    o["parent_id"] = nullptr;
    o["position"] = 0;
    o["permission_overwrites"] = js::array{};
    channels.push_back(std::move(o));
    known.insert(each.recipients.begin(), each.recipients.end());
  }
  if (shown)
    for (const auto each : shown->recipients)
      members.push_back(js::object{{"user", to_json(state.user_of(each))}, {"roles", js::array{}}});
  return {{"id", direct_messages},
          {"name", "Direct Messages"},
          {"roles", js::array{}},
          {"channels", std::move(channels)},
          {"members", std::move(members)},
          {"commands", shown ? commands_in(state, *shown) : js::array{}},
          {"people", people_around(state, user, std::move(known))}};
}

/// Newest first, as Discord lists it; all that is kept, since a test counts who made what.
js::array audit_view(const guild& in) {
  js::array entries;
  for (auto each = in.audit.rbegin(); each != in.audit.rend(); ++each)
    entries.push_back(to_json(*each));
  return entries;
}
} // namespace

js::object interaction_view(sandbox_state& state, const model::interaction& i) {
  js::object out{{"id", i.id.text()},
                 {"phase", phase_name(i)},
                 {"edits", i.edits},
                 {"kind", i.kind},
                 {"name", i.name},
                 {"user_id", i.user.text()},
                 {"channel_id", i.channel.text()},
                 {"guild_id", i.guild.text()},
                 {"application_id", i.application.text()}};
  if (i.response)
    if (const auto* m = state.find_message(i.channel, i.response))
      out["message"] = to_json(state, *m);
  if (i.phase == model::interaction::form)
    out["modal"] = i.modal;
  const bool completes = i.kind == model::autocomplete_type;
  if (completes && i.phase == model::interaction::answered)
    out["choices"] = i.choices;
  if (i.phase == model::interaction::failed)
    out["error"] = completes ? "Loading options failed" : "The application did not respond";
  return out;
}

js::object duplicates(const guild& in) {
  js::object out{{"roles", js::array{}}, {"channels", js::array{}}};
  std::set<std::string> seen, told;
  for (const auto& [_, r] : in.roles)
    if (!seen.insert(r.name).second && told.insert(r.name).second)
      out["roles"].as_array().push_back(js::value(r.name));
  seen.clear();
  told.clear();
  for (const auto& [_, c] : in.channels) {
    const auto key = fmt::format("{}/{}/{}", c.parent.value, c.kind == category_channel, c.name);
    if (!seen.insert(key).second && told.insert(key).second)
      out["channels"].as_array().push_back(js::value(c.name));
  }
  return out;
}

js::object guild_view(sandbox_state& state, const guild& in) {
  auto out = to_json(in);
  out["channels"] = list_channels(in);
  out["members"] = list_members(state, in, {}, 10'000);
  out["duplicates"] = duplicates(in);
  return out;
}

handled handlers::info(api& d, const request&) { return rest::reply{200, d.core_.ready_line()}; }

handled handlers::state(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto only = a.query_id("guild");
  if (only && !state.find_guild(only))
    return rest::refuse(unknown("Guild"));
  js::array guilds, applications, users;
  for (const auto& [id, in] : state.guilds)
    if (!only || id == only) {
      auto o = guild_view(state, in);
      if (only) {
        o["audit"] = audit_view(in);
        js::object messages;
        for (const auto& [channel, _] : in.channels)
          if (const auto list = state.messages.find(channel); list != state.messages.end()) {
            js::array all;
            for (const auto& [__, m] : list->second)
              all.push_back(to_json(state, m));
            messages[channel.text()] = std::move(all);
          }
        o["messages"] = std::move(messages);
      }
      guilds.push_back(std::move(o));
    }
  for (const auto& [_, each] : state.applications)
    applications.push_back(js::object{{"id", each.id.text()},
                                      {"name", each.name},
                                      {"bot_user_id", each.bot.text()},
                                      {"public_key", each.public_key},
                                      {"endpoint", each.endpoint},
                                      {"commands", list_commands(each, {})}});
  for (const auto& [_, each] : state.users)
    users.push_back(to_json(each));
  return rest::reply{
    200,
    js::object{{"guilds", std::move(guilds)}, {"applications", std::move(applications)}, {"users", std::move(users)}}};
}

handled handlers::statistics(api& d, const request& a) {
  auto& c = d.core_;
  if (a.method == "DELETE") {
    c.statistics.forget();
    c.limiter.forget();
    return rest::reply{200, js::object{{"ok", true}}};
  }
  auto out = c.statistics.totals();
  out["peak_per_second"] = c.limiter.peak_per_second();
  js::object twice;
  for (const auto& [id, in] : c.state.guilds)
    if (auto both = duplicates(in); !both["roles"].as_array().empty() || !both["channels"].as_array().empty())
      twice[id.text()] = std::move(both);
  out["duplicates"] = std::move(twice);
  return rest::reply{200, std::move(out)};
}

handled handlers::requests(api& d, const request& a) {
  return rest::reply{200, d.core_.statistics.requests(a.query_number("after").value_or(0), 5000)};
}

/// All that the page draws, for one person.
handled handlers::view(api& d, const request& a) {
  auto& state = d.core_.now();
  auto user = a.query_id("user");
  if (!state.users.contains(user))
    user = state.guilds.empty() ? snowflake{} : state.guilds.begin()->second.owner;
  js::array people, guilds;
  for (const auto& [id, each] : state.users)
    if (!each.bot)
      people.push_back(to_json(each));
  const guild* shown = nullptr;
  for (const auto& [id, in] : state.guilds)
    if (in.members.contains(user)) {
      guilds.push_back(js::object{{"id", id.text()}, {"name", in.name}});
      if (!shown || id == a.query_id("guild"))
        shown = &in;
    }
  js::object out{{"people", std::move(people)}, {"guilds", std::move(guilds)}};
  if (state.users.contains(user))
    out["me"] = to_json(state.user_of(user));
  if (a.query("guild") == direct_messages) {
    const auto* channel = state.find_channel(a.query_id("channel"));
    if (channel && !conversation_for(state, {.user = user}, channel->id))
      channel = nullptr;
    if (channel && channel->kind != direct_channel)
      channel = nullptr;
    out["guild"] = view_of_directs(state, user, channel);
    out["channel_id"] = channel ? channel->id.text() : "";
    out["messages"] = channel ? messages_for(state, channel->id, user) : js::array{};
  } else if (shown) {
    out["guild"] = view_of_guild(state, *shown, user);
    auto channel = a.query_id("channel");
    if (const auto found = shown->channels.find(channel);
        found == shown->channels.end()
        || !(permissions_in(*shown, found->second, user) & arrakis::permissions::view_channel))
      channel = shown->system_channel;
    out["channel_id"] = channel.text();
    out["messages"] = messages_for(state, channel, user);
  }
  return rest::reply{200, std::move(out)};
}

} // namespace arrakis::sandbox::control
