#include "adapters/discord/shards/lease_guard.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;
using discord::shards::lease_term;
namespace gateway = discord::gateway;
namespace lease_guard = discord::shards::lease_guard;

namespace {
struct fixture {
  test::sim_system sim;
};

discord::rest::behavior_type answering(discord::rest::pointer, std::vector<std::string>* told) {
  return {[told](const discord::call& x) {
    told->push_back(x.body);
    discord::answer taken;
    taken.status = 204;
    return taken;
  }};
}

interaction_answer later(const interaction&) { return {interaction_answer::message, R"({"content":"Later."})"}; }

void interact(test::sim_system& sim, const discord::event_handler& to, uint64_t id, interaction_kind kind) {
  auto what = std::make_shared<interaction>();
  what->id = {id};
  what->kind = kind;
  what->token = secret{"token"};
  caf::anon_send(to, discord::interaction_created{what});
  sim.run();
}
} // namespace

TEST_CASE("lease_guard: after the lease nothing reaches the event handler, and nothing is written over the successor's "
          "session") {
  fixture f;
  int heard = 0, saved = 0;
  auto real_handler = f.sim.sys().spawn(
    [&heard](discord::event_handler::pointer) -> discord::event_handler::behavior_type {
      const auto hear = [&heard](const auto&) { ++heard; };
      return {[hear](const discord::interaction_created& x) { hear(x); },
              [hear](const discord::guild_available& x) { hear(x); },
              [hear](const discord::guild_gone& x) { hear(x); },
              [hear](const discord::role_changed& x) { hear(x); },
              [hear](const discord::channel_changed& x) { hear(x); },
              [hear](const discord::shard_ready& x) { hear(x); },
              [hear](const discord::shard_stopped& x) { hear(x); }};
    });
  using gateway::session_store;
  auto real_store = f.sim.sys().spawn([&saved](session_store::pointer) -> session_store::behavior_type {
    return {[](const gateway::load_session&) {
              return gateway::saved_session{"s", "u", 7};
            },
            [&saved](const gateway::save_session&) { return ++saved, gateway::session_stored{}; },
            [&saved](const gateway::clear_session&) { return ++saved, gateway::session_stored{}; }};
  });
  auto mine = std::make_shared<lease_term>(f.sim.now() + 6s);
  std::vector<std::string> told;
  const auto rest = f.sim.sys().spawn(answering, &told);
  const lease_guard::apologies replies{rest, &later};
  auto guarded = lease_guard::handler(f.sim.sys(), mine, real_handler, replies);
  auto store = lease_guard::store(f.sim.sys(), mine, real_store);
  int opened = 0;
  auto connect = lease_guard::connector(f.sim.sys(), mine, [&opened](auto, auto, auto) { ++opened; });
  const auto all = [&] {
    caf::anon_send(guarded, discord::guild_gone{{1}, true});
    f.sim.run();
    connect("ws://x", {}, [](const auto& made) { CHECK(code_of(made.error()) == ec::stale); });
    return f.sim.ask<gateway::session_stored>(store, gateway::save_session{0, {"s", "u", 8}, {}});
  };
  CHECK(all());
  f.sim.advance(6s);
  const auto late = all();
  CHECK_FALSE(late);
  CHECK((heard == 1 && saved == 1 && opened == 1));
  CHECK(f.sim.ask<gateway::saved_session>(store, gateway::load_session{0, {}}));
  // A user who asks now is told, once, after a successor would have answered and before Discord gives up.
  interact(f.sim, guarded, 42, interaction_kind::command);
  interact(f.sim, guarded, 43, interaction_kind::autocomplete);
  interact(f.sim, guarded, 44, interaction_kind::ping);
  f.sim.advance(2'100ms);
  CHECK(told.empty());
  f.sim.advance(200ms);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("Later.") != std::string::npos);
  CHECK(heard == 1);
  // The next term is sent it again, and does not do what the user was told is not done. Others it does.
  auto next = lease_guard::handler(f.sim.sys(), std::make_shared<lease_term>(f.sim.now() + 6s), real_handler, replies);
  interact(f.sim, next, 42, interaction_kind::command);
  CHECK(heard == 1);
  interact(f.sim, next, 45, interaction_kind::command);
  CHECK(heard == 2);
  caf::anon_send_exit(next, caf::exit_reason::kill);
  for (const auto& each : {caf::actor_cast<caf::actor>(guarded), caf::actor_cast<caf::actor>(store),
                           caf::actor_cast<caf::actor>(real_handler), caf::actor_cast<caf::actor>(real_store),
                           caf::actor_cast<caf::actor>(rest)})
    caf::anon_send_exit(each, caf::exit_reason::kill);
  f.sim.run();
}

// Negative control: with a term that never ends (the guard off) the successor's session is written over.
TEST_CASE("lease_guard: negative control: a term without an end writes over the successor's session") {
  fixture f;
  int saved = 0;
  using gateway::session_store;
  auto real = f.sim.sys().spawn([&saved](session_store::pointer) -> session_store::behavior_type {
    return {[](const gateway::load_session&) { return gateway::saved_session{}; },
            [&saved](const gateway::save_session&) { return ++saved, gateway::session_stored{}; },
            [](const gateway::clear_session&) { return gateway::session_stored{}; }};
  });
  auto store = lease_guard::store(f.sim.sys(), std::make_shared<lease_term>(lease_term::instant::max()), real);
  f.sim.advance(1h);
  CHECK(f.sim.ask<gateway::session_stored>(store, gateway::save_session{0, {"s", "u", 8}, {}}));
  CHECK(saved == 1);
  caf::anon_send_exit(store, caf::exit_reason::kill);
  caf::anon_send_exit(real, caf::exit_reason::kill);
  f.sim.run();
}
