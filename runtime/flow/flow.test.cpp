#include "runtime/flow.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct add {
  int a, b;
};
struct sum {
  int value;
};
struct chain {
  int depth;
};
using adder = caf::typed_actor<caf::replies_to<add>::with<sum>>;
using chainer = caf::typed_actor<caf::replies_to<chain>::with<sum>>;

adder::behavior_type adding(adder::pointer) {
  return {[](const add& x) -> caf::result<sum> {
    if (x.a < 0)
      return fail(ec::invalid, "a: not negative");
    return sum{x.a + x.b};
  }};
}

struct state {
  flows running;
  adder to;
};
using self_pointer = chainer::stateful_pointer<state>;

flow<int> added(self_pointer self, int a, int b) {
  auto answer = co_await ask(self, self->state.to, within(self, 1s), add{a, b});
  co_return answer ? answer->value : -1;
}

flow<> run(self_pointer self, int depth, caf::typed_response_promise<sum> reply) {
  int total = 0;
  for (int i = 0; i < depth; ++i) {
    total = co_await added(self, total, 1);
    co_await nap(self, 10ms);
  }
  reply.deliver(sum{total});
}

chainer::behavior_type chaining(self_pointer self, adder to) {
  self->state.to = std::move(to);
  return {[self](const chain& x) -> caf::result<sum> {
    auto reply = self->make_response_promise<sum>();
    self->state.running.start(run(self, x.depth, reply));
    return caf::delegated<sum>{};
  }};
}

struct leave {
  bool and_nap;
};
using leaver = caf::typed_actor<caf::reacts_to<leave>>;

flow<> linger(leaver::stateful_pointer<state> self, bool and_nap) {
  if (and_nap)
    co_await nap(self, 24h);
  co_await ask(self, self->state.to, within(self, 24h), add{1, 1});
}

leaver::behavior_type leaving(leaver::stateful_pointer<state> self, adder to) {
  self->state.to = std::move(to);
  return {[self](const leave& x) {
    self->quit();
    self->state.running.start(linger(self, x.and_nap));
  }};
}
} // namespace

TEST_CASE("flow: asks, naps and answers on the actor's own clock") {
  test::sim_system sim;
  auto to = sim.sys().spawn(adding);
  auto actor = sim.sys().spawn(chaining, to);
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(actor, caf::infinite, chain{3});
  sim.advance(29ms);
  CHECK_FALSE(self->has_next_message());
  sim.advance(1ms);
  pending.receive([](sum& x) { CHECK(x.value == 3); }, [](caf::error& e) { FAIL(text_of(e)); });
}

TEST_CASE("flow: answered requests share one timer, which fires for nobody and is not set again") {
  test::sim_system sim;
  auto to = sim.sys().spawn(adding);
  auto actor = sim.sys().spawn(chaining, to);
  const auto& timers = sim.scheduler().clock().schedule();
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(actor, caf::infinite, chain{50});
  for (int i = 0; i < 50; ++i) {
    sim.advance(10ms); // Each of the requests has a deadline of a second, each nap ends in time.
    CHECK(timers.size() <= 1);
  }
  REQUIRE(self->has_next_message());
  pending.receive([](sum&) {}, [](caf::error& e) { FAIL(text_of(e)); });
  sim.advance(1s);
  CHECK(timers.empty());
}

TEST_CASE("flow: an error of the peer arrives with code and text") {
  test::sim_system sim;
  auto to = sim.sys().spawn(adding);
  auto answer = sim.ask<sum>(to, add{-1, 0});
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::invalid);
  CHECK(text_of(answer.error()) == "a: not negative");
}

TEST_CASE("flow: a flow dies with its actor and leaks nothing") {
  test::sim_system sim;
  auto to = sim.sys().spawn(adding);
  auto actor = sim.sys().spawn(chaining, to);
  caf::anon_send(actor, chain{1000});
  sim.advance(50ms);
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  sim.advance(50ms);
  CHECK(true); // LeakSanitizer is the judge.
}

TEST_CASE("flow: one that waits after quit() does not keep its actor alive") {
  test::sim_system sim;
  // A peer that never answers: its response would end the wait that must not be.
  auto to = sim.sys().spawn([](adder::pointer self) -> adder::behavior_type {
    return {[self, kept = std::vector<caf::typed_response_promise<sum>>{}](const add&) mutable -> caf::result<sum> {
      kept.push_back(self->make_response_promise<sum>());
      return caf::delegated<sum>{};
    }};
  });
  caf::scoped_actor self{sim.sys()};
  for (const bool and_nap : {false, true}) {
    CAPTURE(and_nap);
    auto actor = sim.sys().spawn(leaving, to);
    self->monitor(actor);
    caf::anon_send(actor, leave{and_nap});
    sim.advance(1ms);
    CHECK(self->has_next_message()); // The end of the flow.
    if (self->has_next_message())
      self->receive([](const caf::down_msg& down) { CHECK_FALSE(down.reason); });
  }
}
