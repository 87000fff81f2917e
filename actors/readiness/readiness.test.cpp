#include "actors/readiness/readiness.hpp"

#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/supervisor.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct answer {
  std::string detail;
};
using pool = postgres::handle::extend<caf::reacts_to<answer>>;
struct pool_state {
  std::vector<caf::typed_response_promise<postgres::state>> open;
  size_t asked = 0;
};
/// Answers `health` when the test says so.
pool::behavior_type holding(pool::stateful_pointer<pool_state> self, size_t* asked) {
  return {[](const postgres::transaction&) -> caf::result<postgres::committed> { return fail(ec::unavailable, ""); },
          [self, asked](postgres::health) -> caf::result<postgres::state> {
            ++*asked;
            self->state.open.push_back(self->make_response_promise<postgres::state>());
            return caf::delegated<postgres::state>{};
          },
          [self](const answer& x) {
            for (auto& each : std::exchange(self->state.open, {}))
              each.deliver(postgres::state{false, x.detail});
          }};
}

struct counting {
  static readiness::link_status link() { return {true, "here"}; }
  test::sim_system sim;
  fences::fence_table fence_table{sim.sys().clock()};
  std::atomic<bool> refused{false};
  size_t asked = 0;
  pool database = sim.sys().spawn(holding, &asked);
  readiness::handle readiness = readiness::start(sim.sys(),
                                                 {database, {}, link, link, {}, {}, fence_table, {}, false, refused});
  caf::scoped_actor self{sim.sys()};
  std::vector<std::string> heard;

  auto ask() { return self->request(readiness, caf::infinite, readiness::get_dependencies{}); }
  template <class Pending>
  void hear(Pending& pending) {
    pending.receive([&](const readiness::dependencies& all) { heard.push_back(all.list.at(0).detail); },
                    [](caf::error& e) { FAIL(text_of(e)); });
  }
};
} // namespace

TEST_CASE("readiness: however many ask at once, one question is under way, and each gets its answer") {
  counting f;
  std::vector<decltype(f.ask())> all;
  for (int i = 0; i < 100; ++i)
    all.push_back(f.ask());
  f.sim.run();
  CHECK(f.asked == 1);
  caf::anon_send(f.database, answer{"first"});
  f.sim.run();
  for (auto& each : all)
    f.hear(each);
  CHECK(f.heard == std::vector<std::string>(100, "first"));
  auto later = f.ask(); // An earlier answer is none to a later question.
  f.sim.run();
  CHECK(f.asked == 2);
  caf::anon_send(f.database, answer{"second"});
  f.sim.run();
  f.hear(later);
  CHECK(f.heard.back() == "second");
}

TEST_CASE("readiness: a dependency that does not answer is not ready after 2 s, and the next who asks asks anew") {
  counting f;
  auto one = f.ask();
  f.sim.advance(2s);
  f.hear(one);
  CHECK(f.heard.back() != "");
  auto two = f.ask();
  f.sim.run();
  CHECK(f.asked == 2);
  caf::anon_send(f.database, answer{"late"});
  f.sim.run();
  f.hear(two);
  CHECK(f.heard.back() == "late");
}

namespace {
/// The servers and actors of a node, as a test says they are.
struct fixture {
  postgres::state database{true, "connected"};
  readiness::link_status cache{true, "connected"}, queue{true, "connected"};
  signer::condition signs{true, "signs"};
  discord::shards::states states{true, {{0, "running"}, {1, "standby"}}};
  std::atomic<bool> token_refused{false};
  bool has_token = true;
  test::sim_system sim;
  fences::fence_table fence_table{sim.sys().clock()};
  postgres::handle pool = sim.sys().spawn([this](postgres::handle::pointer) -> postgres::handle::behavior_type {
    return {[](const postgres::transaction&) { return postgres::committed{}; },
            [this](const postgres::health&) { return database; }};
  });
  signer::handle signer = sim.sys().spawn([this](signer::handle::pointer) -> signer::handle::behavior_type {
    const auto unused = [] { return fail(ec::internal, "not used"); };
    return {[=](const signer::sign&) -> caf::result<signer::signature> { return unused(); },
            [=](const signer::verify&) -> caf::result<signer::verdict> { return unused(); },
            [=](const signer::rotate&) -> caf::result<signer::key_version> { return unused(); },
            [=](const signer::public_keys&) -> caf::result<signer::keys> { return unused(); },
            [this](const signer::inspect&) { return signs; },
            [=](const signer::anchor&) -> caf::result<signer::keys> { return unused(); }};
  });
  discord::shards::handle shards = sim.sys().spawn(
    [this](discord::shards::handle::pointer) -> discord::shards::handle::behavior_type {
      return {[this](const discord::shards::inspect&) { return states; }, [](discord::shards::start_now) {}};
    });

  std::map<std::string, readiness::dependency> ask(const postgres::handle& relay_pool = {}) {
    const auto subject = readiness::start(sim.sys(), {pool,
                                                      relay_pool,
                                                      [this] { return cache; },
                                                      [this] { return queue; },
                                                      signer,
                                                      {},
                                                      fence_table,
                                                      shards,
                                                      has_token,
                                                      token_refused});
    std::map<std::string, readiness::dependency> out;
    asker questions{sim.sys()};
    questions.ask(subject, questions.within(3s), readiness::get_dependencies{},
                  [&](const caf::expected<readiness::dependencies>& all) {
                    REQUIRE(all);
                    for (const auto& each : all->list)
                      out[each.name] = each;
                  });
    sim.advance(3s);
    caf::anon_send_exit(subject, caf::exit_reason::kill);
    return out;
  }
  ~fixture() {
    for (const auto& each :
         {caf::actor_cast<caf::actor>(pool), caf::actor_cast<caf::actor>(signer), caf::actor_cast<caf::actor>(shards)})
      caf::anon_send_exit(each, caf::exit_reason::kill);
    sim.run();
  }
};
} // namespace

TEST_CASE("readiness: every dependency is asked, and what is away is named") {
  fixture f;
  f.fence_table.set_read(f.sim.now());
  auto all = f.ask();
  CHECK(all.size() == 7);
  for (const auto* name : {"database", "redis", "queue", "vault", "discord", "fences", "actors"})
    CHECK_MESSAGE(all[name].ready, name);
  CHECK(all["discord"].detail == "shards: 1 here, 1 in other processes");
  f.cache = {false, "reconnecting"};
  f.database = {false, "read-only"};
  all = f.ask();
  CHECK_FALSE(all["redis"].ready);
  CHECK_FALSE(all["database"].ready);
  CHECK_FALSE(all["vault"].ready); // The anchor of the signer is in the database.
  CHECK_FALSE(all["vault"].needed);
  CHECK(all["queue"].ready);
}

TEST_CASE("readiness: the database is ready with both its roles, and each is counted or named") {
  fixture f;
  f.database.detail = "4 of 4 connections";
  postgres::state relays{true, "1 of 1 connections"};
  const auto relay_pool = f.sim.sys().spawn([&](postgres::handle::pointer) -> postgres::handle::behavior_type {
    return {[](const postgres::transaction&) { return postgres::committed{}; },
            [&](const postgres::health&) { return relays; }};
  });
  CHECK(f.ask(relay_pool)["database"].detail == "4 of 4 connections, 1 of 1 connections of the relay");
  CHECK(f.ask()["database"].detail == "4 of 4 connections"); // Negative control: a node without a relay.
  relays = {false, "0 of 1 connections: no such role"};
  const auto database = f.ask(relay_pool)["database"];
  CHECK_FALSE(database.ready);
  CHECK(database.detail == "0 of 1 connections: no such role");
  caf::anon_send_exit(relay_pool, caf::exit_reason::kill);
  f.sim.run();
}

TEST_CASE("readiness: a port that does not answer within 2 s is not ready") {
  fixture f;
  caf::anon_send_exit(f.signer, caf::exit_reason::kill);
  caf::anon_send_exit(f.shards, caf::exit_reason::kill);
  f.sim.run();
  auto all = f.ask();
  CHECK(all["database"].ready);
  CHECK_FALSE(all["vault"].ready);
  CHECK_FALSE(all["discord"].ready);
}

TEST_CASE("readiness: a shard that leads nowhere is named, and a refused token before it") {
  fixture f;
  f.states.list[0].state = "leaderless";
  CHECK(f.ask()["discord"].detail == "shard 0 is leaderless");
  f.states.known = false;
  CHECK_FALSE(f.ask()["discord"].ready);
  f.token_refused = true;
  CHECK(f.ask()["discord"].detail.find("Discord refuses the bot token") != std::string::npos);
  f.has_token = false;
  CHECK_FALSE(f.ask()["discord"].needed);
}

namespace {
struct crash {};
caf::behavior crashing(caf::event_based_actor* self) {
  keep_exception_text(self);
  return {[](crash) { throw std::runtime_error("planted"); }, [self](retire) { self->quit(); }};
}

/// node: adapters (redis) and tenants (a directory).
struct tree {
  test::sim_system sim;
  registry::tree_node root = registry::tree_node::root("arrakis");
  caf::actor redis, tenants;
  supervisor::handle top;

  tree() {
    root.make_default();
    const auto one = supervisor::strategy::one_for_one;
    supervisor::child first{"redis", [this] { return redis = registry::spawn(sim.sys(), {"redis"}, crashing); }, {}};
    supervisor::child second{"tenants",
                             [this] {
                               return tenants = directory::start(
                                        sim.sys(), {.kind = "community", .crashes_max = 3},
                                        [this](const std::string& key) {
                                          return registry::spawn(sim.sys(), {"community", key, 7}, crashing);
                                        });
                             },
                             {}};
    top = supervisor::start(sim.sys(), "node",
                            {supervisor::nested(sim.sys(), "adapters", one, {.restarts_max = 1}, {first}), second});
    sim.run();
  }
};
} // namespace

TEST_CASE("readiness: a declared actor that awaits its restart, and a branch that gave up, are not ready") {
  tree t;
  CHECK(readiness::of_tree(t.root).ready);
  caf::anon_send(t.redis, crash{});
  t.sim.run();
  const auto down = readiness::of_tree(t.root);
  CHECK_FALSE(down.ready);
  CHECK(down.detail == "arrakis/node/adapters/redis is restarting after crash 1: planted");
  t.sim.advance(std::chrono::milliseconds{200});
  CHECK(readiness::of_tree(t.root).ready);
  caf::anon_send(t.redis, crash{});
  t.sim.run();
  CHECK(readiness::of_tree(t.root).detail.starts_with("arrakis/node/adapters is restarting after crash 1"));
  t.sim.advance(std::chrono::milliseconds{200});
  CHECK(readiness::of_tree(t.root).ready);
}

TEST_CASE("readiness: negative control: a tenant in a crash loop and in quarantine leaves the node ready") {
  tree t;
  for (int i = 0; i < 10; ++i) {
    caf::anon_send(t.tenants, directory::to("7", crash{}));
    t.sim.run();
    CHECK(readiness::of_tree(t.root).ready);
  }
}
