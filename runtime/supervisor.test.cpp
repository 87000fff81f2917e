#include "runtime/supervisor.hpp"

#include "runtime/exception.hpp"
#include "runtime/registry/reader.hpp"
#include "runtime/registry/spawn.hpp"
#include "tests/support/actor_at.hpp"
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
  return caf::actor_cast<caf::actor>(registry::spawn(sys, {"worker"}, body));
}

struct tree {
  journal notes; // Outlives the actors.
  test::sim_system sim;
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
    caf::anon_send(t.address["b"], crash{}); // The child crashes after the order to renew, and before "c" has ended.
    caf::anon_send(t.top, supervisor::renew{"c"});
    t.sim.run();
    t.sim.advance(1s);
    CHECK(t.notes.events == in_order);
  }
}

namespace {
/// top: rest_for_one of "adapters" (one_for_one: a, b) and "work" (one_for_one: c).
struct nested_tree {
  journal notes;                               // Outlives the actors.
  std::map<std::string, int> starts_to_refuse; ///< Of a child: so many starts throw.
  caf::error end_of_top;
  test::sim_system sim;
  std::map<std::string, worker> address;
  supervisor::handle top;
  caf::actor adapters;
  registry::tree_node root = registry::tree_node::root("test");

  explicit nested_tree(supervisor::intensity limits = {.restarts_max = 2}, std::map<std::string, int> refused = {})
    : starts_to_refuse(std::move(refused)) {
    root.make_default();
    const auto one = supervisor::strategy::one_for_one;
    auto adapters_child = supervisor::nested(sim.sys(), "adapters", one, limits, {make("a"), make("b")});
    adapters_child.start = [this, begin = std::move(adapters_child.start)] { return adapters = begin(); };
    top = supervisor::start(sim.sys(), "top",
                            {adapters_child, supervisor::nested(sim.sys(), "work", one, limits, {make("c")})},
                            supervisor::strategy::rest_for_one, limits);
    top->attach_functor([this](const caf::error& reason) { end_of_top = reason; });
    sim.run();
  }
  supervisor::child make(const std::string& id) {
    auto router = supervisor::make_router(sim.sys());
    address[id] = supervisor::typed<worker>(router);
    return {id,
            [this, id] {
              if (starts_to_refuse[id]-- > 0)
                throw std::runtime_error("no such file");
              return start_worker(sim.sys(), notes, id);
            },
            router};
  }
  void kill(const std::string& id) {
    caf::anon_send(address[id], crash{});
    sim.run();
  }
  int life(const std::string& id) {
    auto answer = sim.ask<name>(address[id], whoami{});
    return answer ? answer->life : -1;
  }
  registry::row find(const std::string& path) const { return test::actor_at(root, path); }
};
} // namespace

TEST_CASE("supervisor: each child of a nested tree has a path, with its restarts and its last error") {
  nested_tree t;
  CHECK(t.find("test/top/adapters/a").kind == "worker");
  CHECK(t.find("test/top/adapters").kind == "supervisor");
  CHECK(t.find("test/top/adapters/a/router").kind == "router");
  t.kill("a");
  const auto down = t.find("test/top/adapters/a");
  CHECK(down.state == registry::actor_state::restarting);
  CHECK(down.last_error == "planted");
  t.sim.advance(100ms);
  const auto up = t.find("test/top/adapters/a");
  CHECK(up.state == registry::actor_state::waiting);
  CHECK(up.restarts == 1);
  std::vector<std::string> declared;
  for (const auto& r : registry::declared_tree(t.root))
    declared.push_back(r.name + (r.declared.supervises ? " " + r.declared.strategy : ""));
  CHECK(declared
        == std::vector<std::string>{"top rest_for_one", "adapters one_for_one", "a", "b", "work one_for_one", "c"});
}

TEST_CASE("supervisor: a start that throws is a crash of that child alone, at first and at a restart") {
  nested_tree t{{.restarts_max = 4}, {{"a", 2}}};
  CHECK(t.life("a") == -1);
  CHECK(t.life("b") == 1); // Not waiting for its sibling.
  CHECK(t.life("c") == 1);
  CHECK(t.find("test/top/adapters/a").last_error == "no such file");
  t.sim.advance(1s);
  CHECK(t.life("a") == 1);
  CHECK(t.find("test/top/adapters/a").restarts == 2);
  t.starts_to_refuse["a"] = 1;
  t.kill("a");
  t.sim.advance(5s);
  CHECK(t.life("a") == 2);
  CHECK(t.life("c") == 1);
}

TEST_CASE("supervisor: rest_for_one: while a child's start throws, the children after it are not started") {
  journal notes;
  int refusals = 1;
  test::sim_system sim;
  const auto top = supervisor::start(sim.sys(), "top",
                                     {{"a",
                                       [&] {
                                         if (refusals-- > 0)
                                           throw std::runtime_error("not yet");
                                         return start_worker(sim.sys(), notes, "a");
                                       },
                                       {}},
                                      {"b", [&] { return start_worker(sim.sys(), notes, "b"); }, {}}},
                                     supervisor::strategy::rest_for_one);
  sim.run();
  CHECK(notes.events.empty());
  sim.advance(100ms);
  CHECK(notes.events == std::vector<std::string>{"+a", "+b"});
  caf::anon_send(top, supervisor::stop{});
  sim.run();
}

TEST_CASE("supervisor: a start that always throws escalates, up to the top, whose end names path and reason") {
  nested_tree t{{.restarts_max = 1}, {{"c", 1'000'000}}};
  t.sim.advance(1min);
  CHECK(code_of(t.end_of_top) == ec::quarantined);
  const auto text = text_of(t.end_of_top);
  CHECK(text.find("test/top/work crashed more than 1 times") != std::string::npos);
  CHECK(text.find("test/top/work/c crashed more than 1 times within 60 s of running: no such file")
        != std::string::npos);
  CHECK(t.life("a") == -1);
  CHECK(registry::actors(t.root).size() == 3); // The routers, which outlive their workers.
}

TEST_CASE("supervisor: a crash loop escalates however long the back-off is") {
  // 20 crashes a minute cannot be reached on a clock that counts the back-off of 10 s.
  nested_tree t{{.restarts_max = 20, .window = 60s, .backoff_first = 10s, .backoff_max = 10s}};
  const auto loop = [&](auto still) {
    for (int second = 0; second < 8'000 && still(); ++second) {
      t.kill("c");
      t.sim.advance(1s);
    }
  };
  loop([&] { return t.find("test/top/work").restarts == 0; });
  CHECK(t.life("a") == 1);
  CHECK(t.find("test/top/work").restarts == 1);
  loop([&] { return !t.end_of_top; });
  CHECK(code_of(t.end_of_top) == ec::quarantined);
}

TEST_CASE("supervisor: one that dies takes its children with it, and is started again with them") {
  nested_tree t;
  t.notes.events.clear();
  caf::anon_send_exit(t.adapters, caf::exit_reason::kill);
  t.sim.run();
  CHECK(t.notes.lives["a"] == 1);
  auto ends = t.notes.events;
  std::sort(ends.begin(), ends.end());
  CHECK(ends == std::vector<std::string>{"-a", "-b", "-c"}); // "work" stands after it in a rest_for_one.
  const auto meanwhile = t.sim.ask<name>(t.address["a"], whoami{});
  CHECK(code_of(meanwhile.error()) == ec::unavailable);
  t.sim.advance(200ms);
  CHECK(t.life("a") == 2);
  CHECK(t.life("c") == 2);
  CHECK(t.find("test/top/adapters").restarts == 1);
}

TEST_CASE("supervisor: a stop reaches the children of nested supervisors in the reverse order") {
  nested_tree t;
  t.notes.events.clear();
  caf::anon_send(t.top, supervisor::stop{});
  t.sim.run();
  CHECK(t.notes.events == std::vector<std::string>{"-c", "-b", "-a"});
  CHECK(t.end_of_top == caf::exit_reason::user_shutdown);
}

TEST_CASE("supervisor: a child of a nested supervisor is renewed by its path") {
  nested_tree t;
  caf::anon_send(t.top, supervisor::renew{"adapters/b"});
  t.sim.run();
  CHECK(t.life("a") == 1);
  CHECK(t.life("b") == 2);
}

TEST_CASE("supervisor: one that gives up does not wait for a child that does not end") {
  bool ended = false;
  test::sim_system sim;
  auto deaf = [](caf::event_based_actor* self) -> caf::behavior {
    self->set_exit_handler([](const caf::exit_msg&) {});
    return {[](whoami) {}};
  };
  caf::actor kept;
  const auto top = supervisor::start(sim.sys(), "top",
                                     {{"deaf", [&] { return kept = registry::spawn(sim.sys(), {"deaf"}, deaf); }, {}},
                                      {"bad", []() -> caf::actor { throw std::runtime_error("bad"); }, {}}},
                                     supervisor::strategy::one_for_one, {.restarts_max = 0});
  top->attach_functor([&] { ended = true; });
  sim.run();
  CHECK_FALSE(ended);
  sim.advance(11s);
  CHECK(ended);
  caf::anon_send_exit(kept, caf::exit_reason::kill);
}
