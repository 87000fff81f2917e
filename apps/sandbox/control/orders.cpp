// Orders to the emulator itself: faults, limits, clock, gateway, endpoint.
#include "apps/sandbox/control/control.hpp"

#include "apps/sandbox/core/faults.hpp"
#include "runtime/json.hpp"

#include <fmt/format.h>

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

handled routes::faults(door& d, const door::ask& a) {
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

handled routes::limits(door& d, const door::ask& a) {
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

handled routes::clock(door& d, const door::ask& a) {
  auto& t = d.core_.world.timing;
  t.acknowledge_ms = json::integer_or(a.object(), "acknowledge_ms", t.acknowledge_ms);
  t.token_ms = json::integer_or(a.object(), "token_ms", t.token_ms);
  return ok({{"acknowledge_ms", t.acknowledge_ms}, {"token_ms", t.token_ms}});
}

/// GET: sessions and counts. POST: settings, and one "action" on the connections that "application" and "shard" mean.
handled routes::gateway(door& d, const door::ask& a) {
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
  auto& s = hub.settings;
  s.heartbeat_ms = static_cast<int>(json::integer_or(o, "heartbeat_ms", s.heartbeat_ms));
  s.max_concurrency = static_cast<int>(std::max<int64_t>(1, json::integer_or(o, "max_concurrency", s.max_concurrency)));
  s.acknowledge = json::bool_or(o, "acknowledge", s.acknowledge);
  s.hold_guild_create = json::bool_or(o, "hold_guild_create", s.hold_guild_create);
  s.refuse_resumes = static_cast<int>(json::integer_or(o, "refuse_resumes", s.refuse_resumes));
  s.ready_without = json::text_or(o, "ready_without", s.ready_without);
  d.core_.shards = static_cast<int>(json::integer_or(o, "shards", d.core_.shards));
  sandbox::gateway::target whom{.application = a.id("application"), .shard = std::nullopt};
  if (o.contains("shard"))
    whom.shard = static_cast<int>(json::integer_or(o, "shard"));
  const auto action = json::text_or(o, "action");
  size_t concerned = 0;
  if (action == "close") {
    const auto code = json::integer_or(o, "code", 4000);
    if (code < 1000 || code > 4999)
      return wrong("field 'code': 1000 to 4999");
    concerned = hub.close(whom, static_cast<uint16_t>(code));
  } else if (action == "cut")
    concerned = hub.cut(whom);
  else if (action == "reconnect")
    concerned = hub.order_reconnect(whom);
  else if (action == "invalidate")
    concerned = hub.invalidate(whom, json::bool_or(o, "resumable"));
  else if (action == "ask_heartbeat")
    concerned = hub.ask_heartbeat(whom);
  else if (action == "release_guilds")
    concerned = hub.release_guilds(whom);
  else if (!action.empty())
    return wrong("field 'action': one of close, cut, reconnect, invalidate, ask_heartbeat, release_guilds");
  return ok({{"connections", concerned}});
}

handled routes::endpoint(door& d, const door::ask& a) {
  auto& w = d.core_.now();
  const auto app = a.id("application") ? w.applications.find(a.id("application")) : w.applications.begin();
  if (app == w.applications.end())
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
