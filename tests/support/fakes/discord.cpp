#include "tests/support/fakes/discord.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/snowflakes.hpp"
#include "tests/support/plain.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/send.hpp>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::test {
namespace {
struct later {
  std::function<void()> run;
};

caf::behavior wire_behavior(caf::event_based_actor*) {
  return {[](const later& x) { x.run(); }};
}

boost::json::object json_of(const guild::role& r) {
  return {{"id", r.id.text()},
          {"name", r.name},
          {"color", r.color},
          {"hoist", r.hoist},
          {"mentionable", r.mentionable},
          {"managed", r.managed},
          {"position", r.position},
          {"permissions", permissions::text(r.permissions)}};
}
boost::json::object json_of(const guild::channel& c) {
  boost::json::array list;
  for (const auto& w : c.overwrites)
    list.push_back(boost::json::object{{"id", w.id.text()},
                                       {"type", w.type},
                                       {"allow", permissions::text(w.allow)},
                                       {"deny", permissions::text(w.deny)}});
  return {{"id", c.id.text()},
          {"type", c.type},
          {"name", c.name},
          {"topic", c.topic},
          {"position", c.position},
          {"parent_id", c.parent ? boost::json::value(c.parent.text()) : boost::json::value(nullptr)},
          {"permission_overwrites", std::move(list)}};
}
net::http_response ok(const boost::json::value& v, int status = 200) {
  return {status, {{"Content-Type", "application/json"}}, boost::json::serialize(v)};
}
net::http_response refuse(int status, int code, const char* message) {
  return ok(boost::json::object{{"code", code}, {"message", message}}, status);
}
snowflake id_of(std::string_view text) { return parse_snowflake(text).value_or(snowflake{}); }

void apply(guild::role& r, const boost::json::object& o) {
  if (o.contains("name"))
    r.name = json::text_or(o, "name");
  if (o.contains("color"))
    r.color = static_cast<uint32_t>(json::integer_or(o, "color"));
  if (o.contains("hoist"))
    r.hoist = json::bool_or(o, "hoist");
  if (o.contains("mentionable"))
    r.mentionable = json::bool_or(o, "mentionable");
  if (o.contains("permissions"))
    r.permissions = permissions::parse(json::text_or(o, "permissions"));
}
void apply(guild::channel& c, const boost::json::object& o) {
  if (o.contains("type"))
    c.type = static_cast<int>(json::integer_or(o, "type"));
  if (o.contains("name"))
    c.name = json::text_or(o, "name");
  if (o.contains("topic"))
    c.topic = json::text_or(o, "topic");
  if (o.contains("parent_id"))
    c.parent = id_of(json::text_or(o, "parent_id"));
  if (const auto* list = json::array_in(o, "permission_overwrites")) {
    c.overwrites.clear();
    for (const auto& item : *list) {
      const auto& w = item.as_object();
      c.overwrites.push_back({id_of(json::text_or(w, "id")), static_cast<int>(json::integer_or(w, "type")),
                              permissions::parse(json::text_or(w, "allow")),
                              permissions::parse(json::text_or(w, "deny"))});
    }
    std::sort(c.overwrites.begin(), c.overwrites.end());
  }
}
} // namespace

fake_discord::fake_discord(sim_system& sim, snowflake of)
  : sim_(sim), wire_(sim.sys().spawn(wire_behavior)), base_ms_(wall_ms()) {
  guild.id = of;
  sequence_ = of.value % 64 << 16; // Ids of one millisecond differ between guilds.
  guild.name = "Tabr";
  guild.owner = owner;
  guild.bot = bot;
  guild.bot_roles = {bot_role};
  guild.roles.push_back({of, "@everyone", 0, false, false, false, 0, permissions::view_channel});
  guild.roles.push_back({bot_role, "Arrakis", 0, false, false, true, 1, permissions::administrator});
}

int64_t fake_discord::now_ms() const {
  return base_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(sim_.now().time_since_epoch()).count();
}
snowflake fake_discord::next_id() { return {snowflake_at(now_ms() + ahead.count()).value | (++sequence_ & 0x3FFFFF)}; }
guild::role& fake_discord::role(snowflake id) {
  return *std::find_if(guild.roles.begin(), guild.roles.end(), [&](const auto& r) { return r.id == id; });
}
guild::channel& fake_discord::channel(snowflake id) {
  return *std::find_if(guild.channels.begin(), guild.channels.end(), [&](const auto& c) { return c.id == id; });
}
size_t fake_discord::count_roles(const std::string& name) const {
  return static_cast<size_t>(
    std::count_if(guild.roles.begin(), guild.roles.end(), [&](const auto& r) { return r.name == name; }));
}
size_t fake_discord::count_channels(const std::string& name) const {
  return static_cast<size_t>(
    std::count_if(guild.channels.begin(), guild.channels.end(), [&](const auto& c) { return c.name == name; }));
}

void fake_discord::fold(boost::json::object& body) const {
  if (const auto name = json::text_or(body, "name"); fold_name && !name.empty())
    body["name"] = fold_name(std::string{name});
}

void fake_discord::note(snowflake target, int action, const std::string& reason) {
  audit_times_.push_back({{bot, target, action, reason}, sim_.now() + audit_lag});
}

net::http_response fake_discord::make_role(const boost::json::object& o, const std::string& reason) {
  guild::role r;
  r.id = next_id();
  apply(r, o);
  for (auto& other : guild.roles) // A new role goes to the bottom, above @everyone.
    other.position += other.position >= 1;
  r.position = 1;
  guild.roles.push_back(r);
  note(r.id, 30, reason);
  return ok(json_of(r));
}

void fake_discord::remove_role(snowflake id) {
  std::erase_if(guild.roles, [&](const auto& r) { return r.id == id; });
  for (auto& c : guild.channels)
    std::erase_if(c.overwrites, [&](const auto& w) { return w.id == id; });
}

void fake_discord::remove_channel(snowflake id) {
  std::erase_if(guild.channels, [&](const auto& c) { return c.id == id; });
  for (auto& c : guild.channels)
    if (c.parent == id)
      c.parent = {};
}

/// Refuses a channel that refers to a role or category that is not there.
std::optional<net::http_response> fake_discord::refused(const boost::json::object& o) const {
  if (const auto parent = id_of(json::text_or(o, "parent_id")); parent != snowflake{}) {
    const bool there = std::any_of(guild.channels.begin(), guild.channels.end(),
                                   [&](const auto& c) { return c.id == parent && c.type == guild::category; });
    if (!there)
      return ok(boost::json::parse(R"({"code":50035,"message":"Invalid Form Body","errors":{"parent_id":{"_errors":[
        {"code":"CHANNEL_PARENT_INVALID","message":"Category does not exist"}]}}})"),
                400);
  }
  if (const auto* list = json::array_in(o, "permission_overwrites"))
    for (const auto& item : *list) {
      const auto id = id_of(json::text_or(item.as_object(), "id"));
      const bool role = json::integer_or(item.as_object(), "type") == 0;
      if (role && std::none_of(guild.roles.begin(), guild.roles.end(), [&](const auto& r) { return r.id == id; }))
        return refuse(404, 10009, "Unknown Overwrite");
    }
  return std::nullopt;
}

net::http_response fake_discord::make_channel(const boost::json::object& o, const std::string& reason) {
  if (auto no = refused(o))
    return std::move(*no);
  guild::channel c;
  c.id = next_id();
  apply(c, o);
  guild.channels.push_back(c);
  note(c.id, 10, reason);
  return ok(json_of(c), 201);
}

net::http_response fake_discord::read(const std::string& path, const std::string& target) {
  const auto base = "/guilds/" + guild.id.text();
  boost::json::array list;
  if (path == base)
    return ok(boost::json::object{{"id", guild.id.text()}, {"name", guild.name}, {"owner_id", owner.text()}});
  if (path == base + "/roles") {
    for (const auto& r : guild.roles)
      list.push_back(json_of(r));
    return ok(list);
  }
  if (path == base + "/channels") {
    for (const auto& c : guild.channels)
      list.push_back(json_of(c));
    return ok(list);
  }
  if (path == base + "/roles/member-counts" && counts_members) {
    std::map<snowflake, int64_t> counts;
    for (const auto& [_, roles] : members)
      for (const auto id : roles)
        ++counts[id];
    boost::json::object all;
    for (const auto& [id, count] : counts)
      all[id.text()] = count;
    return ok(all);
  }
  if (path.starts_with(base + "/members/"))
    return read_member(id_of(std::string_view{path}.substr(path.rfind('/') + 1)));
  if (path != base + "/audit-logs")
    return refuse(404, 0, "404: Not Found");
  if (!audit_readable)
    return refuse(403, 50013, "Missing Permissions");
  const auto action = net::query_value(target, "action_type"), user = net::query_value(target, "user_id");
  const auto add = [&](const guild::audit_entry& e) {
    if (std::to_string(e.action) == action && (user.empty() || user == e.user.text()))
      list.push_back(boost::json::object{{"id", "1"},
                                         {"user_id", e.user.text()},
                                         {"target_id", e.target.text()},
                                         {"action_type", e.action},
                                         {"reason", e.reason}});
  };
  for (const auto& e : audit)
    add(e);
  for (const auto& e : audit_times_)
    if (e.at <= sim_.now())
      add(e.entry);
  return ok(boost::json::object{{"audit_log_entries", std::move(list)}});
}

net::http_response fake_discord::read_member(snowflake user) const {
  const auto found = members.find(user);
  if (user != bot && found == members.end())
    return refuse(404, 10007, "Unknown Member");
  boost::json::array roles;
  for (const auto id : user == bot ? guild.bot_roles : found->second)
    roles.emplace_back(id.text());
  return ok(boost::json::object{{"roles", std::move(roles)}});
}

/// PUT and DELETE /guilds/{guild}/members/{user}/roles/{role}.
net::http_response fake_discord::change_member(const net::http_request& r, const std::string& path) {
  const auto reason = net::percent_decode(net::header(r.headers, "X-Audit-Log-Reason"));
  const auto after = std::string_view{path}.substr(("/guilds/" + guild.id.text() + "/members/").size());
  const auto found = members.find(id_of(after.substr(0, after.find('/'))));
  if (found == members.end())
    return refuse(404, 10007, "Unknown Member");
  const auto id = id_of(after.substr(after.rfind('/') + 1));
  const auto which = std::ranges::find(guild.roles, id, &guild::role::id);
  if (which == guild.roles.end())
    return refuse(404, 10011, "Unknown Role");
  if (which->managed || which->position >= role(bot_role).position
      || !(role(bot_role).permissions & (permissions::administrator | permissions::manage_roles)))
    return refuse(403, 50013, "Missing Permissions");
  std::erase(found->second, id);
  if (r.method == "PUT")
    found->second.push_back(id);
  reasons.push_back(reason);
  return {204, {}, {}};
}

net::http_response fake_discord::write(const net::http_request& r, const std::string& path) {
  auto tree = boost::json::parse(r.body);
  if (tree.is_object())
    fold(tree.get_object());
  const auto reason = net::percent_decode(net::header(r.headers, "X-Audit-Log-Reason"));
  if (reason.empty())
    return refuse(400, 0, "the test wants a reason");
  const auto roles = "/guilds/" + guild.id.text() + "/roles";
  const auto last = id_of(std::string_view{path}.substr(path.rfind('/') + 1));
  if (r.method == "POST" && path == roles)
    return make_role(tree.as_object(), reason);
  if (r.method == "POST" && path == "/guilds/" + guild.id.text() + "/channels")
    return make_channel(tree.as_object(), reason);
  if (r.method == "PATCH" && path == roles) {
    for (const auto& item : tree.as_array()) {
      auto& moved = role(id_of(json::text_or(item.as_object(), "id")));
      moved.position = static_cast<int>(json::integer_or(item.as_object(), "position"));
    }
    return read(roles, roles);
  }
  if (r.method == "PATCH" && path.starts_with(roles + "/"))
    for (auto& x : guild.roles)
      if (x.id == last) {
        if (x.position >= role(bot_role).position)
          return refuse(403, 50013, "Missing Permissions");
        apply(x, tree.as_object());
        touched.push_back(last);
        return ok(json_of(x));
      }
  if (r.method == "PATCH" && path.starts_with("/channels/"))
    for (auto& x : guild.channels)
      if (x.id == last) {
        if (auto no = refused(tree.as_object()))
          return std::move(*no);
        apply(x, tree.as_object());
        touched.push_back(last);
        return ok(json_of(x));
      }
  return path.starts_with("/channels/") ? refuse(404, 10003, "Unknown Channel") : refuse(404, 10011, "Unknown Role");
}

net::http_response fake_discord::answer(const net::http_request& r) {
  const auto path = net::path_of(r.target).substr(std::string_view{"/api/v10"}.size());
  if (path.starts_with("/webhooks/")) {
    messages.push_back(r.body);
    return ok(boost::json::object{{"id", "1"}});
  }
  arrivals.push_back(sim_.now());
  if (kicked)
    return path.starts_with("/guilds/") ? refuse(404, 10004, "Unknown Guild") : refuse(403, 50001, "Missing Access");
  if (r.method == "GET")
    return read(path, r.target);
  auto result = path.find("/members/") != std::string::npos ? change_member(r, path) : write(r, path);
  if (result.status < 300)
    writes.push_back(r.method + ' ' + path);
  return result;
}

discord::transport fake_discord::transport() {
  return [this](net::http_request sent, deadline until, auto done) {
    const auto r = test::as_received(std::move(sent));
    const auto what = decide ? decide(r) : fate::normal;
    const auto in = [this](std::chrono::milliseconds wait, std::function<void()> run) {
      caf::delayed_anon_send(wire_, wait, later{std::move(run)});
    };
    const auto answer_in = [in, done](std::chrono::milliseconds wait, net::http_response response) {
      in(wait, [done, response = std::move(response)] { done(response); });
    };
    switch (what) {
      case fate::normal:
        if (auto other = instead ? instead(r) : std::nullopt)
          return answer_in(latency, std::move(*other));
        return answer_in(latency, answer(r));
      case fate::lost_after: answer(r); [[fallthrough]];
      case fate::lost:
        return in(until.left(sim_.now()), [done] { done(failed<net::http_response>(ec::unknown, "no answer")); });
      case fate::refused: return in(latency, [done] { done(failed<net::http_response>(ec::unavailable, "not sent")); });
      case fate::error_502_after: answer(r); [[fallthrough]];
      case fate::error_502: return answer_in(latency, {502, {}, "<html>"});
      case fate::blocked:
        return answer_in(latency, {403, {{"Content-Type", "text/html"}}, "<html>Access denied</html>"});
      case fate::unknown_webhook: return answer_in(latency, refuse(404, 10015, "Unknown Webhook"));
      case fate::limited:
        return answer_in(latency, {429,
                                   {{"Retry-After", "0.7"}, {"X-RateLimit-Scope", "user"}},
                                   R"({"message":"","retry_after":0.7,"global":false})"});
    }
  };
}
} // namespace arrakis::test
