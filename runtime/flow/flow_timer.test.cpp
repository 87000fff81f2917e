#include "runtime/flow/flow_timer.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"
#include "tests/support/actor_at.hpp"
#include "tests/support/sim_system.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <random>

using namespace arrakis;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {
struct question {
  milliseconds after{0};
};
struct reply {};
using answerer = caf::typed_actor<caf::replies_to<question>::with<reply>, caf::reacts_to<cancel>>;
struct state {
  flows running;
};

flow<> answer(answerer::stateful_pointer<state> self, milliseconds after, caf::typed_response_promise<reply> to) {
  co_await nap(self, after);
  to.deliver(reply{});
}
answerer::behavior_type answering(answerer::stateful_pointer<state> self) {
  return {[self](const question& x) -> caf::result<reply> {
            auto to = self->make_response_promise<reply>();
            self->state.running.start(to, answer(self, x.after, to));
            return caf::delegated<reply>{};
          },
          [self](const cancel& x) { self->state.running.stop(x); }};
}

/// One wait of a script. Answers take an odd number of milliseconds, deadlines 4n and the needs 4n + 2, so that no two
/// ends of one wait fall together.
struct wait {
  milliseconds begins{0}, answer{1}, deadline{0};
  milliseconds needed{0}; ///< After this time the answer is needed no more; 0: always.
};
struct play {
  std::vector<wait> script;
};
using many = caf::typed_actor<caf::reacts_to<play>>;
struct many_state : state {
  answerer to;
  std::vector<std::string>* ends = nullptr; ///< By the place in the script.
};
using many_pointer = many::stateful_pointer<many_state>;

flow<> run(many_pointer self, size_t place, wait what, std::chrono::steady_clock::time_point began) {
  co_await nap(self, what.begins);
  std::string how;
  const auto until = within(self, what.deadline);
  if (what.needed.count() == 0) {
    const auto got = co_await ask(self, self->state.to, until, question{what.answer});
    how = got ? "answered" : to_string(code_of(got.error()));
  } else {
    const auto got = co_await when_any(self, within(self, what.needed),
                                       ask(self, self->state.to, until, question{what.answer}));
    how = !got ? "not needed" : std::get<0>(*got) ? "answered" : "unknown";
  }
  const auto after = std::chrono::duration_cast<milliseconds>(self->clock().now() - began);
  (*self->state.ends)[place] = fmt::format("{} after {}", how, after.count());
}
std::string oracle(const wait& what) {
  auto after = std::min(what.answer, what.deadline);
  std::string how = what.answer < what.deadline ? "answered" : "unknown";
  if (what.needed.count() > 0 && what.needed < after) {
    how = "not needed";
    after = what.needed;
  }
  return fmt::format("{} after {}", how, (what.begins + after).count());
}
many::behavior_type asking_many(many_pointer self, answerer to, std::vector<std::string>* ends) {
  self->state.to = std::move(to);
  self->state.ends = ends;
  return {[self](const play& x) {
    const auto now = self->clock().now();
    for (size_t i = 0; i < x.script.size(); ++i)
      self->state.running.start(run(self, i, x.script[i], now));
  }};
}

struct stage {
  test::sim_system sim;
  registry::tree_node root = registry::tree_node::root("top");
  std::vector<std::string> ends;
  answerer to = sim.sys().spawn(answering);
  many actor;

  stage() {
    root.make_default();
    actor = registry::spawn(sim.sys(), {"many"}, asking_many, to, &ends);
  }
  ~stage() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    caf::anon_send_exit(to, caf::exit_reason::kill);
    sim.run();
  }
  void begin(std::vector<wait> script) {
    ends.assign(script.size(), "");
    caf::anon_send(actor, play{std::move(script)});
    sim.run();
  }
  size_t timers() { return sim.scheduler().clock().schedule().size(); }
};
} // namespace

TEST_CASE("flow_timer: every wait of random ones ends in its own time, and an actor has one timer at most") {
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto upto = [&](int n) { return milliseconds{static_cast<int>(random() % static_cast<uint32_t>(n))}; };
    stage on;
    std::vector<wait> script(1 + random() % 30);
    for (auto& each : script)
      each = {upto(40), 1ms + 2 * upto(25), 4ms + 4 * upto(12), random() % 3 == 0 ? 2ms + 4 * upto(12) : 0ms};
    on.begin(script);
    size_t most = 0;
    for (int ms = 0; ms < 100; ++ms) {
      most = std::max(most, on.timers());
      on.sim.advance(1ms);
    }
    CHECK(most <= 2); // One of the actor that asks, and one of the actor that is asked.
    CHECK(on.timers() == 0);
    for (size_t i = 0; i < script.size(); ++i)
      CHECK(on.ends[i] == oracle(script[i]));
  }
}

TEST_CASE("flow_timer: an earlier deadline is not late because a later one has the timer") {
  stage on;
  on.begin({{0ms, 1001ms, 500ms}, {10ms, 1001ms, 20ms}, {20ms, 1001ms, 4ms}});
  on.sim.advance(23ms);
  CHECK(on.ends[2].empty());
  on.sim.advance(1ms);
  CHECK(on.ends[2] == "unknown after 24");
  on.sim.advance(1s);
  CHECK(on.ends[1] == "unknown after 30");
  CHECK(on.ends[0] == "unknown after 500");
}

TEST_CASE("flow_timer: an answer that came in its time counts, though the actor comes to it after the deadline") {
  stage on;
  on.begin({{0ms, 1001ms, 10ms}, {0ms, 15ms, 20ms}});
  auto& scheduler = on.sim.scheduler();
  scheduler.clock().advance_time(10ms); // The first deadline is in the mailbox,
  scheduler.clock().advance_time(5ms);
  REQUIRE(scheduler.prioritize(on.to));
  scheduler.run_once(); // and behind it the second answer.
  scheduler.clock().advance_time(10ms);
  on.sim.run();
  CHECK(on.ends[0] == "unknown after 25");
  CHECK(on.ends[1] == "answered after 25");
}

TEST_CASE("flow_timer: for nobody a timer stays set for a minute at most, since the clock keeps its actor in memory") {
  stage on;
  on.begin({{0ms, 1ms, 30s}});
  on.sim.advance(1ms);
  CHECK(on.ends[0] == "answered after 1");
  CHECK(on.timers() == 1);
  on.sim.advance(30s);
  CHECK(on.timers() == 0);
  on.begin({{0ms, 1ms, 24h}, {0ms, 3ms, 24h}});
  on.sim.advance(1ms);
  CHECK(on.timers() == 2);
  on.sim.advance(2ms);
  CHECK(on.ends[1] == "answered after 3");
  CHECK(on.timers() == 0);
}

TEST_CASE(
  "flow_timer: an actor that ends while its flows wait leaves no timer, and those it asked have nothing to do") {
  stage on;
  on.begin({{0ms, 1001ms, 500ms}, {0ms, 1001ms, 24h}});
  CHECK(on.timers() == 2);
  caf::anon_send_exit(on.actor, caf::exit_reason::kill);
  on.sim.run();
  on.sim.advance(1001ms); // Of the answerer's own nap, whose flow was stopped.
  CHECK(on.timers() == 0);
}

TEST_CASE("flow_timer: the registry counts requests in flight without the timer") {
  stage on;
  const auto requests = [&] { return test::actor_at(on.root, "top/many").requests; };
  on.begin({{0ms, 1001ms, 500ms}, {0ms, 1ms, 30s}, {0ms, 1001ms, 30s}});
  CHECK(requests() == 3);
  on.sim.advance(1ms);
  CHECK(requests() == 2);
  on.sim.advance(500ms);
  CHECK(requests() == 1);
  on.sim.advance(501ms);
  CHECK(on.timers() == 1);
  CHECK(requests() == 0);
  on.sim.advance(1min);
  CHECK(on.timers() == 0);
  CHECK(requests() == 0);
}
