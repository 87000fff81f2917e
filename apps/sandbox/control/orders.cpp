// Orders to the emulator itself: faults, limits, clock, gateway, endpoint.
#include "apps/sandbox/control/control.hpp"

#include "apps/sandbox/core/faults.hpp"
#include "runtime/json.hpp"

#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <variant>

namespace arrakis::sandbox::control {
namespace {
rest::reply ok(js::object extra = {}) {
  extra["ok"] = true;
  return {200, std::move(extra)};
}

/// The two table-shaped settings: {"POST /guilds/{guild}/roles": {"limit": 3, "window_ms": 1000}}; null takes one away.
std::string read_rules(const js::object& o, std::map<std::string, limits::rule, std::less<>>& into) {
  for (const auto& each : o) {
    const std::string route(each.key());
    if (each.value().is_null()) {
      into.erase(route);
      continue;
    }
    const auto* rule = each.value().if_object();
    if (!rule || json::integer_or(*rule, "limit", -1) < 0 || json::integer_or(*rule, "window_ms", 0) <= 0)
      return fmt::format("'{}': an object with 'limit' and 'window_ms'", route);
    into[route] = {.family = std::string(json::text_or(*rule, "family", route)),
                   .limit = static_cast<int>(json::integer_or(*rule, "limit")),
                   .window_ms = json::integer_or(*rule, "window_ms")};
  }
  return {};
}
} // namespace

handled handlers::faults(api& d, const request& a) {
  auto& list = d.core_.faults;
  if (a.method == "DELETE") {
    list.clear();
    return ok();
  }
  if (a.method == "GET")
    return rest::reply{200, list.list()};
  fault f;
  if (const auto why = faults::read(a.object(), f); !why.empty())
    return wrong(why);
  return ok({{"id", list.add(std::move(f))}});
}

handled handlers::limits(api& d, const request& a) {
  auto& l = d.core_.limiter;
  if (a.method == "DELETE") {
    l.forget();
    return ok();
  }
  const auto& o = a.object();
  l.enabled = json::bool_or(o, "enabled", l.enabled);
  d.core_.hub.settings.limits = json::bool_or(o, "gateway", d.core_.hub.settings.limits);
  l.global_per_second = static_cast<int>(json::integer_or(o, "global_per_second", l.global_per_second));
  l.invalid_max = static_cast<size_t>(json::integer_or(o, "invalid_max", static_cast<int64_t>(l.invalid_max)));
  if (const auto* rules = json::object_in(o, "buckets"))
    if (const auto why = read_rules(*rules, l.changed); !why.empty())
      return wrong("field 'buckets': " + why);
  if (const auto* rules = json::object_in(o, "shared"))
    if (const auto why = read_rules(*rules, l.shared); !why.empty())
      return wrong("field 'shared': " + why);
  return ok({{"enabled", l.enabled}, {"global_per_second", l.global_per_second}, {"invalid_max", l.invalid_max}});
}

handled handlers::clock(api& d, const request& a) {
  auto& t = d.core_.state.timing;
  t.acknowledge_ms = json::integer_or(a.object(), "acknowledge_ms", t.acknowledge_ms);
  t.token_ms = json::integer_or(a.object(), "token_ms", t.token_ms);
  return ok({{"acknowledge_ms", t.acknowledge_ms}, {"token_ms", t.token_ms}});
}

namespace {
void read_settings(const js::object& o, sandbox::gateway::settings& s) {
  const auto number = [&o](std::string_view key, int64_t otherwise) { return json::integer_or(o, key, otherwise); };
  s.heartbeat_ms = static_cast<int>(number("heartbeat_ms", s.heartbeat_ms));
  s.max_concurrency = static_cast<int>(std::max<int64_t>(1, number("max_concurrency", s.max_concurrency)));
  s.acknowledge = json::bool_or(o, "acknowledge", s.acknowledge);
  s.hold_guild_create = json::bool_or(o, "hold_guild_create", s.hold_guild_create);
  s.hold_hello = json::bool_or(o, "hold_hello", s.hold_hello);
  s.hold_answer = json::bool_or(o, "hold_answer", s.hold_answer);
  s.tear_bytes = static_cast<size_t>(std::max<int64_t>(0, number("tear_bytes", static_cast<int64_t>(s.tear_bytes))));
  s.refuse_resumes = static_cast<int>(number("refuse_resumes", s.refuse_resumes));
  s.cut_resumes = static_cast<int>(number("cut_resumes", s.cut_resumes));
  s.deaf_path = json::text_or(o, "deaf_path", s.deaf_path);
  s.ready_without = json::text_or(o, "ready_without", s.ready_without);
  s.resume_url = json::text_or(o, "resume_url", s.resume_url);
  s.starts_left = number("starts_left", s.starts_left);
  s.starts_reset_ms = number("starts_reset_ms", s.starts_reset_ms);
}

/// Lower-case hex; empty: it is none.
std::optional<std::string> bytes_of(std::string_view hex) {
  std::string out;
  for (; hex.size() >= 2; hex.remove_prefix(2)) {
    uint8_t byte = 0;
    if (const auto [end, error] = std::from_chars(hex.data(), hex.data() + 2, byte, 16); end != hex.data() + 2)
      return std::nullopt;
    out.push_back(static_cast<char>(byte));
  }
  return hex.empty() ? std::optional{std::move(out)} : std::nullopt;
}

using acted = std::variant<size_t, std::string>; ///< How many it concerned, or what is wrong with the order.
struct action {
  std::string_view name;
  acted (*run)(sandbox::gateway::hub&, const sandbox::gateway::target&, const js::object&);
};
using sandbox::gateway::hub;
using whom = const sandbox::gateway::target&;
constexpr action actions[] = {
  {"close",
   [](hub& h, whom to, const js::object& o) -> acted {
     const auto code = json::integer_or(o, "code", 4000);
     if (code < 1000 || code > 4999)
       return "field 'code': 1000 to 4999";
     return h.close(to, static_cast<uint16_t>(code));
   }},
  {"cut", [](hub& h, whom to, const js::object&) -> acted { return h.cut(to); }},
  {"reconnect", [](hub& h, whom to, const js::object&) -> acted { return h.order_reconnect(to); }},
  {"invalidate",
   [](hub& h, whom to, const js::object& o) -> acted { return h.invalidate(to, json::bool_or(o, "resumable")); }},
  {"ask_heartbeat", [](hub& h, whom to, const js::object&) -> acted { return h.ask_heartbeat(to); }},
  {"release_guilds", [](hub& h, whom to, const js::object&) -> acted { return h.release_guilds(to); }},
  {"release_hello", [](hub& h, whom, const js::object&) -> acted { return h.release_hello(); }},
  {"say", [](hub& h, whom to, const js::object& o) -> acted { return h.say(to, json::text_or(o, "text")); }},
  {"raw",
   [](hub& h, whom to, const js::object& o) -> acted {
     const auto bytes = bytes_of(json::text_or(o, "hex"));
     if (!bytes)
       return "field 'hex': two hex digits for each byte";
     return h.raw(to, *bytes, json::bool_or(o, "binary", true));
   }},
  {"dispatch",
   [](hub& h, whom to, const js::object& o) -> acted {
     const auto* data = json::object_in(o, "data");
     if (!data || json::text_or(o, "name").empty() || json::integer_or(o, "skip") < 0)
       return "fields 'name', 'data' (an object) and 'skip' (0 or more)";
     return h.dispatch(to, json::text_or(o, "name"), *data, json::integer_or(o, "skip"));
   }},
};
} // namespace

/// Lists recorded events, those after ?after=N.
handled handlers::gateway_record(api& d, const request& a) {
  return rest::reply{200, d.core_.hub.recorded(a.query_number("after").value_or(0))};
}

/// GET: sessions and counts. POST: settings, and one "action" on the connections
/// that "application" and "shard" mean.
handled handlers::gateway(api& d, const request& a) {
  auto& hub = d.core_.hub;
  const auto& o = a.object();
  if (a.method == "GET") {
    const auto& n = hub.count();
    js::object closed;
    for (const auto& [code, times] : n.closed_by_us)
      closed[std::to_string(code)] = times;
    return rest::reply{200, js::object{{"sessions", hub.list()},
                                       {"identifies", n.identifies},
                                       {"resumes", n.resumes},
                                       {"invalid_sessions", n.invalid_sessions},
                                       {"heartbeats", n.heartbeats},
                                       {"dispatches", n.dispatches},
                                       {"connections", n.connections},
                                       {"closed_by_us", std::move(closed)}}};
  }
  read_settings(o, hub.settings);
  d.core_.shards = static_cast<int>(json::integer_or(o, "shards", d.core_.shards));
  sandbox::gateway::target to{.application = a.id("application"), .shard = std::nullopt};
  if (o.contains("shard"))
    to.shard = static_cast<int>(json::integer_or(o, "shard"));
  const auto name = json::text_or(o, "action");
  if (name.empty())
    return ok({{"connections", 0}});
  std::vector<std::string_view> known;
  for (const auto& each : actions) {
    known.push_back(each.name);
    if (each.name != name)
      continue;
    const auto done = each.run(hub, to, o);
    if (const auto* why = std::get_if<std::string>(&done))
      return wrong(*why);
    return ok({{"connections", std::get<size_t>(done)}});
  }
  return wrong(fmt::format("field 'action': one of {}", fmt::join(known, ", ")));
}

handled handlers::endpoint(api& d, const request& a) {
  auto& state = d.core_.now();
  const auto app = a.id("application") ? state.applications.find(a.id("application")) : state.applications.begin();
  if (app == state.applications.end())
    return wrong("field 'application': no such application");
  if (const auto* privileged = a.object().if_contains("privileged_intents"); privileged && privileged->is_bool())
    app->second.privileged_intents = privileged->as_bool();
  if (!a.object().contains("url"))
    return ok();
  d.delivery_.set_endpoint(app->first, std::string(json::text_or(a.object(), "url")),
                           [respond = a.respond](const std::string& why) {
                             const auto reply = why.empty() ? ok() : wrong(why);
                             respond(net::json_response(reply.status, js::serialize(*reply.body)));
                           });
  return std::nullopt;
}

} // namespace arrakis::sandbox::control
