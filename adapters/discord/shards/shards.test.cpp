#include "adapters/discord/shards/shards.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>

using namespace arrakis;
using namespace std::chrono_literals;
namespace gateway = discord::gateway;
namespace shards = discord::shards;

namespace {
/// Record of the shards of one process.
struct outside {
  caf::expected<shards::plan> plan = shards::plan{.url = "wss://gateway.discord.gg", .shards = 3, .max_concurrency = 2};
  int plans_asked = 0;
  std::vector<int> pacings; ///< max_concurrency of each.
  std::map<int, shards::connection> started;
  int saved = 0;
  std::vector<int> saved_by; ///< Shards that ended in order.
};

shards::gateway_plan::handle::behavior_type planning(shards::gateway_plan::handle::pointer, outside* out) {
  return {[out](const shards::gateway_plan::find&) {
    ++out->plans_asked;
    return out->plan;
  }};
}
leases::handle::behavior_type leasing(leases::handle::pointer) {
  return {[](const leases::acquire& x) {
            return leases::lease_state{true, x.who.node, x.ttl};
          },
          [](const leases::release&) { return leases::released{}; }};
}
gateway::session_store::behavior_type keeping(gateway::session_store::pointer, outside* out) {
  return {[](const gateway::load_session&) { return gateway::saved_session{}; },
          [out](const gateway::save_session&) { return ++out->saved, gateway::session_stored{}; },
          [](const gateway::clear_session&) { return gateway::session_stored{}; }};
}
discord::event_handler::behavior_type hearing(discord::event_handler::pointer) {
  return {[](const discord::interaction_created&) {}, [](const discord::guild_available&) {},
          [](const discord::guild_gone&) {},          [](const discord::role_changed&) {},
          [](const discord::channel_changed&) {},     [](const discord::shard_ready&) {},
          [](const discord::shard_stopped&) {}};
}
/// A shard: it runs, and saves its session when it is told to end.
discord::shard::behavior_type running(discord::shard::pointer self, outside* out, int number) {
  self->set_exit_handler([self, out, number](const caf::exit_msg& x) {
    out->saved_by.push_back(number);
    self->quit(x.reason);
  });
  return {[number](const discord::shard_status&) { return discord::shard_state{number, "running"}; }};
}

struct fixture {
  outside out;
  test::sim_system sim;
  shards::gateway_plan::handle plans = sim.sys().spawn(planning, &out);
  leases::handle leases = sim.sys().spawn(leasing);
  gateway::session_store sessions = sim.sys().spawn(keeping, &out);
  discord::event_handler events = sim.sys().spawn(hearing);
  shards::handle subject;

  void start(shards::options o) {
    o.who = {"node", "1"};
    shards::ports to{.plans = plans, .sessions = sessions, .leases = leases, .events = events};
    to.pacing = [this](const shards::plan& p) {
      out.pacings.push_back(p.max_concurrency);
      return gateway::identify_pacing{};
    };
    to.start_shard = [this](shards::connection x) {
      const int number = x.shard;
      out.started.insert_or_assign(number, std::move(x));
      return discord::shard{sim.sys().spawn(running, &out, number)};
    };
    subject = shards::start(sim.sys(), std::move(o), std::move(to));
    sim.run();
  }
  shards::states states() {
    auto got = sim.ask<shards::states>(subject, shards::inspect{{sim.now() + 1s}});
    REQUIRE(got);
    return *got;
  }
  ~fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    sim.advance(10s);
    out.started.clear();
    for (const auto& each : {caf::actor_cast<caf::actor>(plans), caf::actor_cast<caf::actor>(leases),
                             caf::actor_cast<caf::actor>(sessions), caf::actor_cast<caf::actor>(events)})
      caf::anon_send_exit(each, caf::exit_reason::kill);
    sim.run();
  }
};
} // namespace

TEST_CASE("shards: as many shards are connected as GET /gateway/bot recommends, with one identify pacing for all") {
  fixture f;
  f.start({});
  CHECK(f.out.started.size() == 3);
  CHECK(f.out.pacings == std::vector<int>{2});
  const auto now = f.states();
  CHECK(now.known);
  REQUIRE(now.list.size() == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(now.list[static_cast<size_t>(i)].shard == i);
    CHECK(now.list[static_cast<size_t>(i)].state == "running");
    CHECK(f.out.started.at(i).shard_count == 3);
  }
}

TEST_CASE("shards: the operator's count and address win over Discord's, and the plan is asked for its limits alone") {
  fixture f;
  f.start({.gateway_url = "ws://sandbox:1", .shard_count = 2});
  REQUIRE(f.out.started.size() == 2);
  const int before = f.out.plans_asked;
  std::string url;
  f.out.started.at(0).find_url([&](auto found) { url = found ? *found : text_of(found.error()); });
  f.sim.run();
  CHECK(url == "ws://sandbox:1");
  CHECK(f.out.plans_asked == before);
}

TEST_CASE("shards: the address is asked anew for each session, and an empty one says what to do") {
  fixture f;
  f.start({});
  std::vector<std::string> urls;
  const auto find = [&] {
    f.out.started.at(1).find_url([&](auto found) { urls.push_back(found ? *found : text_of(found.error())); });
    f.sim.run();
  };
  find();
  f.out.plan->url = "wss://gateway-2.discord.gg";
  find();
  f.out.plan->url.clear();
  find();
  REQUIRE(urls.size() == 3);
  CHECK(urls[0] == "wss://gateway.discord.gg");
  CHECK(urls[1] == "wss://gateway-2.discord.gg");
  CHECK(urls[2].find("set discord.gateway_url") != std::string::npos);
}

TEST_CASE("shards: nothing is connected until GET /gateway/bot gives the shard count, and the request is repeated") {
  fixture f;
  f.out.plan = fail(ec::unavailable, "away");
  f.start({});
  CHECK_FALSE(f.states().known);
  f.sim.advance(60s);
  CHECK(f.out.plans_asked > 3);
  CHECK(f.out.started.empty());
  f.out.plan = shards::plan{.url = "wss://x", .shards = 1};
  f.sim.advance(60s);
  CHECK(f.states().known);
  CHECK(f.out.started.size() == 1);
}

TEST_CASE("shards: what a shard gets goes through the guard of its lease") {
  fixture f;
  f.start({.shard_count = 1});
  const auto& got = f.out.started.at(0);
  CHECK(got.sessions != f.sessions);
  CHECK(got.events != f.events);
  CHECK(f.sim.ask<gateway::session_stored>(got.sessions, gateway::save_session{0, {"s", "u", 1}, {}}));
  CHECK(f.out.saved == 1);
}

TEST_CASE("shards: a planned end ends each shard in order") {
  fixture f;
  f.start({});
  caf::anon_send_exit(f.subject, caf::exit_reason::user_shutdown);
  f.sim.advance(10s);
  CHECK(f.out.saved_by.size() == 3);
}
