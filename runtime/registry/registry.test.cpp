#include "runtime/registry/registry.hpp"

#include "runtime/exception.hpp"
#include "runtime/registry/reader.hpp"
#include "runtime/registry/spawn.hpp"
#include "tests/support/actor_at.hpp"
#include "tests/support/sim_system.hpp"

#include <atomic>
#include <caf/actor_system_config.hpp>
#include <caf/after.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <doctest/doctest.h>
#include <future>
#include <numeric>
#include <thread>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct noted {
  int number = 0;
};
struct passed_on {
  caf::actor to;
};
struct planted {};

caf::behavior taking(caf::event_based_actor* self) {
  keep_exception_text(self);
  return {[](noted) {}, [](planted) { throw std::runtime_error("planted"); },
          [self](const passed_on& x) { self->request(x.to, 10s, noted{}).then([] {}, [](caf::error&) {}); }};
}
/// Spawns one actor below itself.
caf::behavior spawning(caf::event_based_actor* self, std::vector<caf::actor>* made) {
  return {[=](noted) { made->push_back(registry::spawn(self->system(), {"helper"}, taking)); },
          [=](planted) {
            made->push_back(registry::spawn(self->system(), {"session", "7:9", 9}, taking));
          }};
}

struct fixture {
  test::sim_system sim;
  registry::tree_node root = registry::tree_node::root("top");
  fixture() { root.make_default(); }

  registry::row find(const std::string& path) const { return test::actor_at(root, path); }
};
} // namespace

TEST_CASE("registry: an actor is known with what waits for it, what it handled and what it asked") {
  fixture w;
  const auto silent = registry::spawn(w.sim.sys(), {"silent"}, taking);
  const auto actor = registry::spawn(w.sim.sys(), {"gate"}, taking);
  CHECK(w.find("top/gate").state == registry::actor_state::starting);
  w.sim.run();
  CHECK(w.find("top/gate").state == registry::actor_state::waiting);
  for (int i = 0; i < 40; ++i)
    caf::anon_send(actor, noted{});
  auto seen = w.find("top/gate");
  CHECK(seen.state == registry::actor_state::running);
  CHECK(seen.mailbox == 40);
  CHECK(seen.handled == 0);
  while (w.find("top/gate").oldest_ms < 5) // The coarse clock moves every 4 ms.
    std::this_thread::yield();
  w.sim.run();
  seen = w.find("top/gate");
  CHECK(seen.kind == "gate");
  CHECK(seen.mailbox == 0);
  CHECK(seen.oldest_ms == 0);
  CHECK(seen.handled == 40);
  CHECK(seen.sampled == 3);
  CHECK(seen.sampled_ns > 0);
  CHECK(seen.longest_ns <= seen.sampled_ns);
  CHECK(seen.requests == 0);
  caf::anon_send(actor, passed_on{silent});
  w.sim.scheduler().run_once();
  CHECK(w.find("top/gate").requests == 1);
  CHECK(w.find("top/silent").mailbox == 1);
}

TEST_CASE("registry: a request to an actor that has ended is answered with that") {
  fixture w;
  const auto ended = registry::spawn(w.sim.sys(), {"gate"}, taking);
  w.sim.run();
  caf::anon_send_exit(ended, caf::exit_reason::user_shutdown);
  w.sim.run();
  const auto answer = w.sim.ask<caf::unit_t>(ended, noted{});
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
}

TEST_CASE("registry: an actor takes its messages in order, some in a turn, and then the time in which none came") {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", size_t{2});
  config.set("scheduler.max-throughput", size_t{7});
  std::promise<void> all_sent, paused;
  caf::actor_system sys{config};
  std::vector<int> seen, sent(1'000);
  std::iota(sent.begin(), sent.end(), 0);
  const auto actor = registry::spawn(sys, {"gate"}, [&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](planted) {
      all_sent.get_future().wait(); // Before this a pause would be the sender's.
      self->become([&](noted x) { seen.push_back(x.number); }, caf::after(20ms) >>
                                                                 [&, self] {
                                                                   self->quit();
                                                                   paused.set_value();
                                                                 });
    }};
  });
  caf::anon_send(actor, planted{});
  for (const auto number : sent)
    caf::anon_send(actor, noted{number});
  all_sent.set_value();
  paused.get_future().wait();
  CHECK(seen == sent);
}

TEST_CASE("registry: of many senders at once to an actor that often sleeps, every message is counted") {
  constexpr uint64_t senders = 4, messages = 5'000, waiting = 10;
  const auto root = registry::tree_node::root("top");
  root.make_default();
  {
    caf::actor_system_config config;
    config.set("scheduler.max-threads", size_t{2});
    std::promise<void> held, go;
    caf::actor_system sys{config};
    const auto actor = registry::spawn(sys, {"gate"}, [&](caf::event_based_actor*) -> caf::behavior {
      return {[](noted) {},
              [&](planted) {
                held.set_value();
                go.get_future().wait();
              }};
    });
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < senders; ++i)
      threads.emplace_back([&] {
        for (uint64_t n = 0; n < messages; ++n)
          caf::anon_send(actor, noted{});
      });
    for (auto& each : threads)
      each.join();
    caf::anon_send(actor, planted{});
    held.get_future().wait();
    for (uint64_t n = 0; n < waiting; ++n)
      caf::anon_send(actor, noted{});
    const auto row = test::actor_at(root, "top/gate");
    CHECK(row.handled == senders * messages);
    CHECK(row.mailbox == 1 + waiting); // With the one that it handles.
    go.set_value();
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  registry::tree_node::root("after").make_default();
}

TEST_CASE("registry: an actor stands below the one that spawned it, and is gone when it ended") {
  fixture w;
  std::vector<caf::actor> made;
  {
    const auto parent = registry::spawn(w.sim.sys(), {"wizard"}, spawning, &made);
    caf::anon_send(parent, noted{});
    caf::anon_send(parent, planted{});
    w.sim.run();
    CHECK(w.find("top/wizard/helper").kind == "helper");
    const auto session = w.find("top/wizard/7:9");
    CHECK(session.kind == "session");
    CHECK(session.key == "7:9");
    CHECK(session.tenant == 9);
    CHECK(registry::actors(w.root).size() == 3);
    CHECK(registry::actors(w.root.child("wizard")).size() == 3);
    CHECK(registry::actors(registry::tree_node::root("other")).empty());
    caf::anon_send_exit(parent, caf::exit_reason::user_shutdown);
    w.sim.run();
    CHECK(registry::actors(w.root).size() == 2); // The address is still held; the actor does not run.
  }
  caf::anon_send(made[0], planted{});
  w.sim.run();
  CHECK(registry::actors(w.root).size() == 1);
}

TEST_CASE("registry: a child slot keeps the crashes over all restarts, and is listed while its child does not run") {
  fixture w;
  registry::child_slot slot{w.root.child("redis"), {"redis"}, true};
  auto start = [&] { return registry::spawn(w.sim.sys(), {"redis_client"}, taking); };
  auto actor = slot.start(start);
  w.sim.run();
  CHECK(w.find("top/redis").state == registry::actor_state::waiting);
  CHECK(w.find("top/redis").kind == "redis_client");
  caf::anon_send(actor, planted{});
  w.sim.run();
  CHECK(w.find("top/redis").path.empty());
  slot.crashed("planted", 1'234);
  auto seen = w.find("top/redis");
  CHECK(seen.state == registry::actor_state::restarting);
  CHECK(seen.restarts == 1);
  CHECK(seen.crashed_ms == 1'234);
  CHECK(seen.last_error == "planted");
  actor = slot.start(start);
  w.sim.run();
  seen = w.find("top/redis");
  CHECK(seen.state == registry::actor_state::waiting);
  CHECK(seen.restarts == 1);
  CHECK(seen.last_error == "planted");
  CHECK(registry::actors(w.root).size() == 1);
  CHECK(registry::declared_actors(w.root).empty());
  slot.node().declare({});
  CHECK(registry::declared_actors(w.root).size() == 1);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  w.sim.run();
  slot.crashed("again", 2'000, registry::actor_state::quarantined);
  CHECK(w.find("top/redis").state == registry::actor_state::quarantined);
  slot.clear();
  CHECK(registry::actors(w.root).empty());
}

TEST_CASE("registry: of several actors that a child's start spawns, the returned one is the child") {
  fixture w;
  registry::child_slot slot{w.root.child("wizard"), {"wizard"}, true};
  caf::actor directory;
  const auto wizard = slot.start([&] {
    directory = registry::spawn(w.sim.sys(), {"directory"}, taking);
    return registry::spawn(w.sim.sys(), {"wizard"}, taking);
  });
  CHECK(w.find("top/wizard").kind == "wizard");
  CHECK(w.find("top/wizard/directory").kind == "directory");
}

TEST_CASE("registry: the declared tree is shown in the order of its declaration") {
  const auto root = registry::tree_node::root("top");
  root.declare({true, "rest_for_one", 5, 60});
  root.child("b").declare({true, "one_for_one", 3, 10});
  root.child("b").child("x").declare({});
  root.child("a").declare({});
  root.child("undeclared");
  std::vector<std::string> paths;
  for (const auto& r : registry::declared_tree(root))
    paths.push_back(std::string(r.depth, ' ') + r.path);
  CHECK(paths == std::vector<std::string>{"top", " top/b", "  top/b/x", " top/a"});
  CHECK(registry::declared_tree(root)[1].declared.restarts_max == 3);
}

TEST_CASE("registry: a path finds its node in the tree, or the deepest ancestor that exists") {
  const auto root = registry::tree_node::root("top");
  const auto relay = root.child("work").child("relay");
  CHECK(root.deepest("top/work/relay") == relay);
  CHECK(root.deepest("/work/relay/") == relay);
  CHECK(root.deepest("top/work/relay/7:9") == relay);
  CHECK(root.deepest("elsewhere") == root);
  CHECK(root.deepest("") == root);
}

TEST_CASE("registry: an idle tenant costs at most 200 bytes") { CHECK(registry::bytes_per_actor() <= 200); }

TEST_CASE("registry: a reader beside actors that begin and end sees only whole rows") {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", size_t{2});
  config.set("logger.verbosity", caf::atom("quiet"));
  caf::actor_system sys{config};
  const auto root = registry::tree_node::root("busy");
  root.make_default();
  std::atomic<bool> over{false};
  std::thread writer{[&] {
    for (int i = 0; i < 3'000; ++i) {
      const auto key = std::string(24, i % 2 ? 'a' : 'b');
      const auto actor = registry::spawn(sys, {"session", key, i % 2 ? 1u : 2u}, taking);
      caf::anon_send(actor, noted{});
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    over = true;
  }};
  size_t seen = 0;
  while (!over)
    for (const auto& r : registry::actors(root)) {
      ++seen;
      const auto letter = r.tenant == 1 ? 'a' : 'b';
      if (r.key != std::string(24, letter) || r.path != "busy/" + r.key)
        FAIL_CHECK("a torn row: " << r.path << " of " << r.tenant);
    }
  writer.join();
  registry::tree_node::root("after").make_default();
  MESSAGE("rows read: ", seen);
}
