// Faults, and when they happen.
#include "tests/simulation/chance.hpp"
#include "tests/simulation/simulated_cluster.hpp"

#include <caf/send.hpp>

namespace arrakis::simulation {
namespace {
using namespace std::chrono_literals;
constexpr size_t kills_max = 4, flushes_max = 2;

bool of_redis(std::string_view verb) {
  return verb.starts_with("redis.") || verb.starts_with("queue.") || verb.starts_with("worker.")
      || verb.starts_with("budget.");
}
bool of_postgres(std::string_view verb) {
  return verb.starts_with("deployments.") || verb.starts_with("manifests.") || verb.starts_with("communities.")
      || verb.starts_with("fence_log.") || verb.starts_with("outbox.") || verb.starts_with("audit.");
}
net::http_response page(int status) { return {status, {}, "<html>"}; }
net::http_response limited(bool global) {
  net::headers list{{"Retry-After", "0.7"}, {"X-RateLimit-Scope", global ? "global" : "user"}};
  if (global)
    list.emplace_back("X-RateLimit-Global", "true");
  return {429, std::move(list),
          global ? R"({"message":"","retry_after":0.7,"global":true})"
                 : R"({"message":"","retry_after":0.7,"global":false})"};
}
} // namespace

void simulated_cluster::draw_fault_schedule() {
  auto& schedule = schedule_;
  const auto some = [this] { return below(2) == 0; };
  schedule.per_call = below(4) == 0 ? 0 : 0.004 * static_cast<double>(below(12));
  schedule.kills = some();
  schedule.flushes = below(4) == 0;
  schedule.outages = some();
  schedule.stalls = some();
  schedule.storms = some();
  schedule.jumps = below(3) == 0;
  schedule.freezes = some();
  schedule.kicks = below(5) == 0;
  schedule.reorder = below(3) == 0 ? 0 : static_cast<unsigned>(below(60));
}

/// Every now and then, until it is calm.
void simulated_cluster::disturb() {
  after(between(200, 1'500), [this] {
    if (calm)
      return;
    chaos();
    disturb();
  });
}

void simulated_cluster::chaos() {
  const auto& schedule = schedule_;
  const bool must = faults == 0; // One at least in each run.
  switch (below(must ? 8 : 20)) {
    case 0:
      if (schedule.kills && kills_ < kills_max) {
        ++kills_;
        kill_node(below(seats_.size()));
      }
      return;
    case 1:
      if (schedule.flushes && flushes_ < flushes_max) {
        ++flushes_;
        fault("redis emptied");
        queue.forget();
        redis.forget();
        budget.forget();
      }
      return;
    case 2:
      if (!schedule.outages && !must)
        return;
      fault("store away");
      (below(2) ? postgres_away_until_ : redis_away_until_) = now() + between(300, 6'000);
      return;
    case 3:
      if (auto* n = schedule.stalls ? any_node() : nullptr) {
        fault("stalled worker");
        n->redis_away_until = now() + between(4'000, 14'000);
      }
      return;
    case 4:
      if (schedule.storms) {
        fault("discord away");
        discord_away_until_ = now() + between(300, 4'000);
      }
      return;
    case 5:
      if (schedule.jumps) {
        fault("clock jump");
        jump_clock(below(3) == 0 ? 0 : static_cast<int64_t>(below(60'000)) - 30'000);
      }
      return;
    case 6: {
      if (!schedule.freezes)
        return;
      auto& t = *guilds[below(guilds.size())];
      if (!postgres.by_guild(t.id))
        return;
      fault("freeze");
      set_status(t, "frozen");
      after(between(500, 12'000), [this, &t] { set_status(t, "active"); });
      return;
    }
    case 7: {
      auto& t = *guilds[below(guilds.size())];
      if (!schedule.kicks || t.discord.kicked)
        return;
      fault("kick");
      t.discord.kicked = true;
      if (auto* n = any_node())
        caf::anon_send(n->sink, discord::guild_gone{t.id, true});
      after(between(500, 8'000), [&t] { t.discord.kicked = false; });
      return;
    }
    default: return;
  }
}

void simulated_cluster::set_status(simulated_guild& t, const std::string& status) {
  const auto* tenant = postgres.by_guild(t.id);
  if (!tenant || tenant->row.status == status)
    return;
  const auto now_is = postgres.set_status({tenant->row.id, status, "operator", "drawn", {}});
  if (now_is)
    t.orders.push_back({now(), now_is->status, now_is->fence});
}

test::turn simulated_cluster::draw(node& from, std::string_view verb) {
  test::turn t;
  if (below(4) == 0)
    t.before = between(1, 25);
  if (below(4) == 0)
    t.after = between(1, 25);
  if (calm)
    return t;
  const bool cut_off = of_redis(verb) && (now() < redis_away_until_ || now() < from.redis_away_until);
  if (cut_off || (of_postgres(verb) && now() < postgres_away_until_)) {
    t.effect = false;
    t.instead = ec::unavailable;
    return t;
  }
  if (schedule_.kills && kills_ < kills_max && chance(0.0003)) { // Between the effect and its answer, or before.
    ++kills_;
    t.effect = below(2) == 0;
    t.after = 1ms;
    kill_node(from.seat);
    return t;
  }
  if (!chance(schedule_.per_call))
    return t;
  fault("call");
  tell("of {}: {}", from.name, verb);
  switch (below(5)) {
    case 0: // Nothing was sent.
      t.effect = false;
      t.instead = ec::unavailable;
      break;
    case 1: // Lost on the way.
      t.effect = false;
      t.answer = false;
      break;
    case 2: // Done, and the connection ended before the answer.
      t.instead = ec::unknown;
      break;
    case 3: // Done, and silence.
      t.answer = false;
      break;
    default: // Slow.
      t.before = between(100, 4'000);
  }
  return t;
}

net::http_response simulated_cluster::serve(simulated_guild* at, bool talk, const net::http_request& r) {
  if (!talk)
    arrived();
  if (at) {
    auto a = at->discord.answer(r);
    if (r.method != "GET")
      tell("at Discord: {} {} {} {} -> {} {}", r.method, r.target, r.body.substr(0, 80),
           net::percent_decode(net::header(r.headers, "X-Audit-Log-Reason")), a.status, a.body.substr(0, 60));
    return a;
  }
  for (auto& each : guilds)
    if (auto a = talk ? each->converse(r) : net::http_response{404, {}, ""}; a.status != 404)
      return a;
  return {404, {}, talk ? R"({"code":10015,"message":"Unknown Webhook"})" : ""};
}

simulated_guild* simulated_cluster::addressed(std::string_view path) {
  const auto after_prefix = [&](std::string_view prefix) {
    const auto rest = path.substr(prefix.size());
    return parse_snowflake(rest.substr(0, rest.find('/'))).value_or(snowflake{});
  };
  return path.starts_with("/guilds/")   ? guild_of(after_prefix("/guilds/"))
       : path.starts_with("/channels/") ? guild_with_channel(after_prefix("/channels/"))
                                        : nullptr;
}

void simulated_cluster::request(node& from, net::http_request r, deadline until,
                                std::function<void(caf::expected<net::http_response>)> done) {
  const auto path = net::path_of(r.target).substr(std::string_view{"/api/v10"}.size());
  const bool talk = path.starts_with("/webhooks/") || path.starts_with("/interactions/");
  auto* t = addressed(path);
  if (t && r.method != "GET")
    check_leaving(from, *t, r);
  const auto there = below(8) == 0 ? between(20, 400) : between(5, 40);
  const auto back = below(8) == 0 ? between(20, 400) : between(5, 40);
  const auto reply = [this, done, &from](milliseconds wait, caf::expected<net::http_response> what) {
    after(wait, [done, &from, what = std::move(what)] {
      if (from.up())
        done(what);
    });
  };
  const auto silence = [=, this] {
    reply(std::max(until.left(now()), 0ms), failed<net::http_response>(ec::unknown, "no answer"));
  };
  const auto effect = [=, this, r = std::move(r)](bool answered, int instead) {
    after(there, [=, this] {
      auto a = instead == 403 ? net::http_response{403, {}, R"({"code":50013,"message":"Missing Permissions"})"}
             : instead < 0    ? page(-instead) // Before the effect.
                              : serve(t, talk, r);
      if (instead == 403 || instead < 0)
        talk ? void() : arrived();
      if (answered)
        reply(back, instead > 0 && instead != 403 ? page(instead) : std::move(a));
    });
    if (!answered)
      silence();
  };
  if (!calm && now() < discord_away_until_)
    return effect(true, -503);
  if (calm || !chance(schedule_.per_call))
    return effect(true, 0);
  fault("discord");
  switch (below(talk ? 6 : 9)) {
    case 0: return silence();
    case 1: return effect(false, 0);
    case 2: return reply(there, failed<net::http_response>(ec::unavailable, "not sent"));
    case 3: return effect(true, -502);
    case 4: return effect(true, 502);
    case 5:
    case 6: {
      const auto kind = below(4); // 1: what lies before Discord's API blocks it.
      after(there, [=, this] {
        if (!talk)
          arrived();
        reply(back, kind == 1 ? page(403) : limited(kind == 0));
      });
      return;
    }
    case 7: kills_ < kills_max&& schedule_.kills ? (++kills_, kill_node(from.seat)) : void(); return effect(true, 0);
    default: return below(4) == 0 ? effect(true, 403) : effect(true, 504);
  }
}

} // namespace arrakis::simulation
