#include "runtime/supervisor.hpp"

#include "runtime/exception.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <random>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct whoami {};
struct name {
  std::string text;
  int life = 0;
};
struct crash {};
using worker = caf::typed_actor<caf::replies_to<whoami>::with<name>, caf::reacts_to<crash>>;

/// Counts lives per child and notes the order of starts and ends.
struct journal {
  std::map<std::string, int> lives;
  std::vector<std::string> events;
};
struct worker_state {
  journal* notes = nullptr;
  std::string id;
  worker_state() = default;
  ~worker_state() {
    if (notes)
      notes->events.push_back("-" + id);
  }
};

caf::actor start_worker(caf::actor_system& sys, journal& notes, const std::string& id) {
  const int life = ++notes.lives[id];
  notes.events.push_back("+" + id);
  auto body = [&notes, id, life](worker::stateful_pointer<worker_state> self) -> worker::behavior_type {
    keep_exception_text(self);
    self->state.notes = &notes;
    self->state.id = id;
    return {[id, life](whoami) { return name{id, life}; }, [](crash) { throw std::runtime_error("planted"); }};
  };
  return caf::actor_cast<caf::actor>(sys.spawn(body));
}

struct tree {
  test::sim_system sim;
  journal notes;
  std::map<std::string, worker> address;
  supervisor::handle top;

  explicit tree(supervisor::strategy how, supervisor::intensity limits = {}) {
    std::vector<supervisor::child> children;
    for (const std::string id : {"a", "b", "c"}) {
      auto router = supervisor::make_router(sim.sys());
      address[id] = supervisor::typed<worker>(router);
      children.push_back({id, [this, id] { return start_worker(sim.sys(), notes, id); }, router});
    }
    top = supervisor::start(sim.sys(), "top", std::move(children), how, limits);
    sim.run();
    notes.events.clear();
  }
  void kill(const std::string& id) {
    caf::anon_send(address[id], crash{});
    sim.run();
  }
  int life(const std::string& id) {
    auto answer = sim.ask<name>(address[id], whoami{});
    return answer ? answer->life : -1;
  }
};
} // namespace

TEST_CASE("supervisor: one_for_one restarts the crashed child alone, behind the same address") {
  tree t{supervisor::strategy::one_for_one};
  t.kill("b");
  auto meanwhile = t.sim.ask<name>(t.address["b"], whoami{});
  REQUIRE_FALSE(meanwhile);
  CHECK(code_of(meanwhile.error()) == ec::unavailable);
  t.sim.advance(100ms);
  auto states = t.sim.ask<supervisor::child_states>(t.top, supervisor::inspect_children{});
  REQUIRE(states);
  CHECK(states->list[1].last_error == "planted");
  CHECK(states->list[1].restarts == 1);
  CHECK(t.life("a") == 1);
  CHECK(t.life("b") == 2);
  CHECK(t.life("c") == 1);
}

TEST_CASE("supervisor: rest_for_one ends the later children in reverse order, then starts all again in order") {
  tree t{supervisor::strategy::rest_for_one};
  t.kill("b");
  t.sim.advance(100ms);
  CHECK(t.notes.events == std::vector<std::string>{"-b", "-c", "+b", "+c"});
  CHECK(t.life("a") == 1);
  CHECK(t.life("c") == 2);
}

TEST_CASE("supervisor: more crashes than the intensity end the supervisor and its children") {
  tree t{supervisor::strategy::one_for_one, {.restarts_max = 2, .window = 60s}};
  for (int i = 0; i < 3; ++i) {
    t.kill("a");
    t.sim.advance(2s);
  }
  CHECK(t.life("a") == -1);
  CHECK(t.life("c") == -1);
  auto gone = t.sim.ask<supervisor::child_states>(t.top, supervisor::inspect_children{});
  CHECK_FALSE(gone);
}

TEST_CASE("supervisor: crashes spread wider than the window never exceed the intensity") {
  tree t{supervisor::strategy::one_for_one, {.restarts_max = 1, .window = 1s}};
  for (int i = 0; i < 10; ++i) {
    t.kill("a");
    t.sim.advance(3s);
  }
  CHECK(t.life("a") == 11);
}

TEST_CASE("supervisor: stop ends the children in reverse order") {
  tree t{supervisor::strategy::one_for_one};
  caf::anon_send(t.top, supervisor::stop{});
  t.sim.run();
  CHECK(t.notes.events == std::vector<std::string>{"-c", "-b", "-a"});
}

TEST_CASE("supervisor: under kills drawn from a seed every child serves again within a second") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 draw{seed};
    tree t{seed % 2 ? supervisor::strategy::one_for_one : supervisor::strategy::rest_for_one,
           {.restarts_max = 1000, .window = 1s, .backoff_first = 10ms, .backoff_max = 200ms}};
    for (int i = 0; i < 40; ++i) {
      t.kill(std::string(1, static_cast<char>('a' + draw() % 3)));
      t.sim.advance(std::chrono::milliseconds{draw() % 50});
    }
    t.sim.advance(1s);
    for (const auto* id : {"a", "b", "c"})
      CHECK(t.life(id) > 0);
  }
}

TEST_CASE("supervisor: a renewed child ends and starts again at once; its siblings go on, and it is no crash") {
  tree t{supervisor::strategy::one_for_one, {.restarts_max = 1}};
  for (int i = 0; i < 3; ++i) {
    caf::anon_send(t.top, supervisor::renew{"b"});
    t.sim.run();
  }
  CHECK(t.notes.events == std::vector<std::string>{"-b", "+b", "-b", "+b", "-b", "+b"});
  caf::anon_send(t.top, supervisor::renew{"nobody"});
  t.sim.run();
  t.kill("b");
  caf::anon_send(t.top, supervisor::renew{"b"}); // While its restart is due.
  t.sim.run();
  t.sim.advance(1s);
  CHECK(t.notes.lives["b"] == 5);
  CHECK(t.notes.lives["a"] == 1);
}

TEST_CASE("supervisor: rest_for_one: a renewal in the middle of a recovery changes neither its order nor its end") {
  const std::vector<std::string> in_order{"-b", "-c", "+b", "+c"};
  SUBCASE("of a child that waits for the one before it") {
    tree t{supervisor::strategy::rest_for_one};
    t.kill("b");
    caf::anon_send(t.top, supervisor::renew{"c"});
    t.sim.run();
    t.sim.advance(1s);
    CHECK(t.notes.events == in_order);
  }
  SUBCASE("of a child that is ending when the one before it crashes") {
    tree t{supervisor::strategy::rest_for_one};
    caf::anon_send(t.address["b"], crash{}); // It crashes behind the order to renew, and before "c" has ended.
    caf::anon_send(t.top, supervisor::renew{"c"});
    t.sim.run();
    t.sim.advance(1s);
    CHECK(t.notes.events == in_order);
  }
}
