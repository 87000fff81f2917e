#include "runtime/flow.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <stdexcept>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// An answer after `after`; below zero: none ever. `fails`: with an error.
struct work {
  int number = 0;
  std::chrono::milliseconds after{0};
  bool fails = false;
};
struct worked {
  int number = 0;
};
struct count {};
struct counted {
  size_t pending = 0, begun = 0, most = 0;
};
using stoppable =
  caf::typed_actor<caf::replies_to<work>::with<worked>, caf::replies_to<count>::with<counted>, caf::reacts_to<cancel>>;
using deaf = caf::typed_actor<caf::replies_to<work>::with<worked>, caf::replies_to<count>::with<counted>>;

struct worker_state {
  flows running;
  counted seen;
};
template <class Self>
flow<> work_on(Self self, work order, caf::typed_response_promise<worked> reply) {
  co_await nap(self, order.after < 0ms ? 24h : order.after);
  if (order.fails)
    reply.deliver(fail(ec::refused, "told to fail"));
  else
    reply.deliver(worked{order.number});
}
template <class Self>
caf::result<worked> take(Self self, const work& order) {
  auto reply = self->template make_response_promise<worked>();
  self->state.running.start(reply, work_on(self, order, reply));
  self->state.seen.most = std::max(self->state.seen.most, self->state.running.size());
  ++self->state.seen.begun;
  return caf::delegated<worked>{};
}
template <class Self>
counted count_of(Self self) {
  auto seen = self->state.seen;
  seen.pending = self->state.running.size();
  return seen;
}
stoppable::behavior_type stopping(stoppable::stateful_pointer<worker_state> self) {
  return {[self](const work& x) { return take(self, x); }, [self](count) { return count_of(self); },
          [self](const cancel& x) { self->state.running.stop(x); }};
}
deaf::behavior_type ignoring(deaf::stateful_pointer<worker_state> self) {
  return {[self](const work& x) { return take(self, x); }, [self](count) { return count_of(self); }};
}

/// Runs what a test gives it, and says how it went.
struct go {};
struct told {
  std::string what;
  std::chrono::milliseconds after{0};
};
using runner = caf::typed_actor<caf::replies_to<go>::with<told>, caf::reacts_to<cancel>>;
struct runner_state {
  flows running;
};
using pointer = runner::stateful_pointer<runner_state>;
using script = flow<std::string> (*)(pointer, stoppable, deaf);

flow<> run(pointer self, script body, stoppable to, deaf other, caf::typed_response_promise<told> reply) {
  const auto begun = self->clock().now();
  auto what = co_await body(self, to, other);
  reply.deliver(told{what, std::chrono::duration_cast<std::chrono::milliseconds>(self->clock().now() - begun)});
}
runner::behavior_type running(pointer self, script body, stoppable to, deaf other) {
  return {[self, body, to, other](go) -> caf::result<told> {
            auto reply = self->make_response_promise<told>();
            self->state.running.start(reply, run(self, body, to, other, reply));
            return caf::delegated<told>{};
          },
          [self](const cancel& x) { self->state.running.stop(x); }};
}

flow<> pass_on(runner::stateful_pointer<runner_state> self, runner to, caf::typed_response_promise<told> reply) {
  auto answer = co_await ask(self, to, within(self, 1h), go{});
  if (answer)
    reply.deliver(std::move(*answer));
}
flow<caf::expected<worked>> nap_for(pointer self, std::chrono::milliseconds wait) {
  co_await nap(self, wait);
  co_return worked{};
}

/// Asks a runner, and needs its answer no more after 10 ms.
using brief = caf::typed_actor<caf::reacts_to<go>>;
flow<> ask_briefly(brief::stateful_pointer<runner_state> self, runner to) {
  co_await when_any(self, within(self, 10ms), ask(self, to, within(self, 1h), go{}));
}
brief::behavior_type asking_briefly(brief::stateful_pointer<runner_state> self, runner to) {
  return {[self, to](go) { self->state.running.start(ask_briefly(self, to)); }};
}

/// An actor that can stop, one that cannot say so, and one that runs a script with them.
struct stage {
  test::sim_system sim;
  stoppable to = sim.sys().spawn(stopping);
  deaf other = sim.sys().spawn(ignoring);

  /// Result of the script, and its duration; {"", 0} when it does not end within `most`.
  told play(script body, std::chrono::milliseconds most = 1min) {
    auto actor = sim.sys().spawn(running, body, to, other);
    caf::scoped_actor self{sim.sys()};
    auto pending = self->request(actor, caf::infinite, go{});
    sim.advance(most);
    told result;
    if (self->has_next_message())
      pending.receive([&](told& x) { result = std::move(x); }, [](caf::error& e) { FAIL(text_of(e)); });
    else
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    return result;
  }
  counted asked() { return *sim.ask<counted>(to, count{}); }
  counted asked_other() { return *sim.ask<counted>(other, count{}); }
};

std::string text(const caf::expected<worked>& x) {
  return x ? std::to_string(x->number) : std::string{to_string(code_of(x.error()))};
}
template <class Handle>
auto ask_for(pointer self, const Handle& to, work order) {
  return ask(self, to, within(self, 1h), order);
}
flow<caf::expected<worked>> twice(pointer self, stoppable to, work order) {
  auto first = co_await ask_for(self, to, order);
  if (!first)
    co_return std::move(first.error());
  co_return co_await ask_for(self, to, order);
}
flow<caf::expected<worked>> throwing(pointer self) {
  co_await nap(self, 5ms);
  throw std::runtime_error("thrown by a member");
}
} // namespace

TEST_CASE("when_all: asks at once and gives the answers in the order of the members") {
  stage on;
  const auto end = on.play([](pointer self, stoppable to, deaf other) -> flow<std::string> {
    auto [a, b, c] = co_await when_all(ask_for(self, to, {1, 30ms}), ask_for(self, other, {2, 10ms}),
                                       twice(self, to, {3, 20ms, false}));
    co_return text(a) + " " + text(b) + " " + text(c);
  });
  CHECK(end.what == "1 2 3");
  CHECK(end.after == 40ms); // One after the other it would be 80 ms.
  CHECK(on.asked().most == 2);
}

TEST_CASE("when_all: takes as many as there are, none included, and an error is a result like any other") {
  stage on;
  const auto end = on.play([](pointer self, stoppable to, deaf) -> flow<std::string> {
    std::vector<flow<caf::expected<worked>>> list;
    auto none = co_await when_all(std::move(list));
    list.clear();
    for (int i = 0; i < 20; ++i)
      list.push_back(twice(self, to, {i, 10ms, i == 7}));
    auto all = co_await when_all(std::move(list));
    std::string out = std::to_string(none.size());
    for (const auto& each : all)
      out += " " + text(each);
    co_return out;
  });
  CHECK(end.what == "0 0 1 2 3 4 5 6 refused 8 9 10 11 12 13 14 15 16 17 18 19");
  CHECK(end.after == 20ms);
}

TEST_CASE("when_any: gives the first that ends; the asked actors have nothing of the others left to do") {
  stage on;
  const auto end = on.play(
    [](pointer self, stoppable to, deaf) -> flow<std::string> {
      std::vector<flow<caf::expected<worked>>> tries;
      for (int i = 0; i < 5; ++i)
        tries.push_back(twice(self, to, {i, i == 3 ? 10ms : 1min}));
      auto first = co_await when_any(std::move(tries));
      co_return std::to_string(first.index) + ": " + text(first.value);
    },
    30ms);
  CHECK(end.what == "3: 3");
  CHECK(end.after == 20ms);
  CHECK(on.asked().begun == 6);
  CHECK(on.asked().pending == 0);
}

TEST_CASE("when_any: negative control: an actor whose protocol lacks cancel works on for nobody") {
  stage on;
  const auto end = on.play(
    [](pointer self, stoppable to, deaf other) -> flow<std::string> {
      auto first = co_await when_any(ask_for(self, other, {1, 1min}), ask_for(self, to, {2, 10ms}), nap_for(self, 1h));
      co_return std::to_string(first.index()) + ": " + text(std::get<1>(first));
    },
    30ms);
  CHECK(end.what == "1: 2");
  CHECK(on.asked().pending == 0);
  CHECK(on.asked_other().pending == 1);
  on.sim.advance(1min); // The answer is ignored.
  CHECK(on.asked_other().pending == 0);
}

TEST_CASE("when_any: one that has ended before it waits is enough, and the rest is not begun") {
  stage on;
  const auto end = on.play([](pointer self, stoppable to, deaf) -> flow<std::string> {
    stoppable nobody;
    auto first = co_await when_any(ask_for(self, to, {1, 10ms}), ask(self, nobody, within(self, 1s), work{}),
                                   ask_for(self, to, {3, 10ms}));
    co_return std::to_string(first.index()) + ": " + text(std::get<1>(first));
  });
  CHECK(end.what == "1: unavailable");
  CHECK(end.after == 0ms);
  CHECK(on.asked().begun <= 1);
  CHECK(on.asked().pending == 0);
}

TEST_CASE("all_or_error: the first error ends the rest") {
  stage on;
  const auto end = on.play(
    [](pointer self, stoppable to, deaf) -> flow<std::string> {
      auto good = co_await all_or_error(ask_for(self, to, {1, 10ms}), twice(self, to, {2, 10ms}));
      std::string out = good ? text(std::get<0>(*good)) + " " + text(std::get<1>(*good)) : "failed";
      auto bad = co_await all_or_error(ask_for(self, to, {1, 1min}), ask_for(self, to, {2, 5ms, true}));
      co_return out + ", " + (bad ? "good" : text_of(bad.error()));
    },
    26ms);
  CHECK(end.what == "1 2, told to fail");
  CHECK(end.after == 25ms);
  CHECK(on.asked().pending == 0);
}

TEST_CASE("group: a deadline ends what has not ended: unknown, and never 'no'") {
  stage on;
  const auto end = on.play(
    [](pointer self, stoppable to, deaf) -> flow<std::string> {
      std::vector<flow<caf::expected<worked>>> list;
      for (int i = 1; i <= 3; ++i)
        list.push_back(twice(self, to, {i, 20ms * i}));
      auto all = co_await when_all(self, within(self, 90ms), std::move(list));
      std::string out;
      for (const auto& each : all)
        out += text(each) + " ";
      auto any = co_await when_any(self, within(self, 10ms), ask_for(self, to, {1, 1min}),
                                   ask_for(self, to, {2, 1min}));
      auto both = co_await all_or_error(self, within(self, 10ms), ask_for(self, to, {1, 1min}));
      auto late = co_await when_any(self, deadline{self->clock().now()}, ask_for(self, to, {1, 0ms}));
      co_return out + std::string{to_string(code_of(any.error()))} + " " + std::string{to_string(code_of(both.error()))}
        + " " + std::string{to_string(code_of(late.error()))};
    },
    111ms);
  CHECK(end.what == "1 2 unknown unknown unknown timeout");
  CHECK(end.after == 110ms);
  CHECK(on.asked().pending == 0);
  CHECK(on.asked().begun == 3 + 3 + 2 + 1); // No member begins after the deadline.
}

TEST_CASE("group: what a member throws leaves the group, and ends the others") {
  stage on;
  const auto end = on.play(
    [](pointer self, stoppable to, deaf) -> flow<std::string> {
      std::string out;
      try {
        auto both = co_await when_all(ask_for(self, to, {1, 1min}), throwing(self));
        out = text(std::get<0>(both));
      } catch (const std::runtime_error& e) {
        out = e.what();
      }
      co_return out;
    },
    10ms);
  CHECK(end.what == "thrown by a member");
  CHECK(on.asked().pending == 0);
}

TEST_CASE("cancel: travels through the actors that can stop, as far as the last") {
  stage on;
  // The runner in the middle: it is asked, and asks.
  auto middle = on.sim.sys().spawn(
    running,
    [](pointer self, stoppable to, deaf) -> flow<std::string> {
      auto [a, b] = co_await when_all(ask_for(self, to, {1, 1min}), ask_for(self, to, {2, 1min}));
      co_return text(a) + text(b);
    },
    on.to, on.other);
  auto first = on.sim.sys().spawn([middle](runner::stateful_pointer<runner_state> self) -> runner::behavior_type {
    return {[self, middle](go) -> caf::result<told> {
              auto reply = self->make_response_promise<told>();
              self->state.running.start(reply, pass_on(self, middle, reply));
              return caf::delegated<told>{};
            },
            [self](const cancel& x) { self->state.running.stop(x); }};
  });
  SUBCASE("when the asker's group needs it no more") {
    auto asker = on.sim.sys().spawn(asking_briefly, first);
    caf::anon_send(asker, go{});
    on.sim.advance(9ms);
    CHECK(on.asked().pending == 2);
    on.sim.advance(1ms);
    CHECK(on.asked().pending == 0);
  }
  SUBCASE("when the asker ends") {
    auto asker = on.sim.sys().spawn(asking_briefly, first);
    caf::anon_send(asker, go{});
    on.sim.advance(5ms);
    CHECK(on.asked().pending == 2);
    caf::anon_send_exit(asker, caf::exit_reason::kill);
    on.sim.advance(1ms);
    CHECK(on.asked().pending == 0);
  }
}

TEST_CASE("cancel: one for a request that is answered, or unknown, stops nothing else") {
  stage on;
  caf::scoped_actor self{on.sim.sys()};
  auto one = self->request(on.to, caf::infinite, work{1, 10ms});
  auto two = self->request(on.to, caf::infinite, work{2, 20ms});
  on.sim.advance(10ms);
  const auto address = self->address();
  const auto number = [](const auto& of) { return of.id().request_id().integer_value(); };
  caf::anon_send(on.to, cancel{{address, number(one)}});
  caf::anon_send(on.to, cancel{{on.other->address(), number(two)}});
  caf::anon_send(on.to, cancel{});
  on.sim.advance(9ms);
  CHECK(on.asked().pending == 1);
  on.sim.advance(1ms);
  CHECK(on.asked().pending == 0);
}
