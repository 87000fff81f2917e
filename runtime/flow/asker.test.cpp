#include "runtime/flow/asker.hpp"
#include "runtime/flow.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <thread>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct question {
  int number = 0;
  std::chrono::milliseconds after{0};
};
struct reply {
  int number = 0;
};
struct note {};
using answerer = caf::typed_actor<caf::replies_to<question>::with<reply>, caf::reacts_to<note>, caf::reacts_to<cancel>>;
struct state {
  size_t* pending = nullptr;
  flows running;
};
using pointer = answerer::stateful_pointer<state>;

flow<> answer(pointer self, question what, caf::typed_response_promise<reply> to) {
  co_await nap(self, what.after);
  if (what.number < 0)
    to.deliver(fail(ec::invalid, "number: not negative"));
  else
    to.deliver(reply{what.number});
}
answerer::behavior_type answering(pointer self, size_t* pending) {
  return {[self, pending](const question& x) -> caf::result<reply> {
            auto to = self->make_response_promise<reply>();
            self->state.running.start(to, answer(self, x, to));
            *pending = self->state.running.size();
            return caf::delegated<reply>{};
          },
          [](note) {},
          [self, pending](const cancel& x) {
            self->state.running.stop(x);
            *pending = self->state.running.size();
          }};
}

struct stage {
  test::sim_system sim;
  size_t pending = 0;
  answerer to = sim.sys().spawn(answering, &pending);
  std::vector<std::string> heard;

  deadline within(std::chrono::milliseconds wait) { return {sim.now() + wait}; }
  auto hear() {
    return [this](const caf::expected<reply>& x) {
      heard.push_back(x ? std::to_string(x->number) : std::string{to_string(code_of(x.error()))});
    };
  }
};
using strings = std::vector<std::string>;
std::string joined(const strings& list) {
  std::string out;
  for (const auto& each : list)
    out += (out.empty() ? "" : " ") + each;
  return out;
}
} // namespace

TEST_CASE("asker: answers, errors and the end of the time come once, each to its question") {
  stage on;
  asker questions{on.sim.sys()};
  questions.ask(on.to, on.within(1s), question{1, 20ms}, on.hear());
  questions.ask(on.to, on.within(1s), question{2, 10ms}, on.hear());
  questions.ask(on.to, on.within(1s), question{-1, 5ms}, on.hear());
  questions.ask(on.to, on.within(30ms), question{4, 1min}, on.hear());
  questions.ask(on.to, on.within(0ms), question{5}, on.hear());
  questions.ask(answerer{}, on.within(1s), question{6}, on.hear());
  CHECK(questions.size() == 4);
  on.sim.advance(2min);
  CHECK(joined(on.heard) == "timeout unavailable invalid 2 1 unknown");
  CHECK(questions.size() == 0);
}

TEST_CASE("asker: questions share one timer, which is taken back when nothing is open and it is far") {
  stage on;
  asker questions{on.sim.sys()};
  const auto timers = [&] { return on.sim.scheduler().clock().schedule().size(); };
  const auto wait = [&](std::chrono::milliseconds most) {
    return questions.ask(on.to, on.within(most), question{1, 2h}, on.hear());
  };
  const auto far = wait(1h);
  CHECK(timers() == 1);
  const auto farther = wait(2h);
  const auto near = wait(30ms);
  on.sim.run();
  CHECK(timers() == 1 + 1); // With that of the actor that naps.
  questions.cancel(near);
  CHECK(timers() == 1 + 1); // The timer fires for nobody, and is set again for what is open.
  on.sim.advance(30ms);
  CHECK(joined(on.heard).empty());
  CHECK(timers() == 1 + 1);
  questions.cancel(far);
  on.sim.advance(1h);
  CHECK(joined(on.heard).empty());
  questions.cancel(farther);
  CHECK(timers() == 1);
  wait(1h);
  on.sim.advance(59min);
  CHECK(joined(on.heard).empty());
  on.sim.advance(1min);
  CHECK(joined(on.heard) == "unknown");
  on.sim.advance(1h);
  CHECK(timers() == 0);
}

TEST_CASE("asker: a message without an answer ends when it is handled, and a dead actor is unavailable") {
  stage on;
  asker questions{on.sim.sys()};
  bool done = false;
  questions.ask(on.to, on.within(1s), note{},
                [&](const caf::expected<caf::unit_t>& x) { done = static_cast<bool>(x); });
  on.sim.run();
  CHECK(done);
  caf::anon_send_exit(on.to, caf::exit_reason::kill);
  on.sim.run();
  questions.ask(on.to, on.within(1s), question{1}, on.hear());
  on.sim.run();
  CHECK(joined(on.heard) == "unavailable");
}

TEST_CASE("asker: the answer to a cancelled request is dropped, and the asked actor stops its work") {
  stage on;
  asker questions{on.sim.sys()};
  const auto one = questions.ask(on.to, on.within(1h), question{1, 1min}, on.hear());
  on.sim.run();
  CHECK(on.pending == 1);
  questions.cancel(one);
  questions.cancel(one);
  on.sim.run();
  CHECK(on.pending == 0);
  on.sim.advance(2h);
  CHECK(on.heard.empty());
}

TEST_CASE("asker: its end cancels what is open, and later answers find nobody") {
  stage on;
  {
    asker questions{on.sim.sys()};
    questions.ask(on.to, on.within(1h), question{1, 1min}, on.hear());
    on.sim.run();
  }
  on.sim.run();
  CHECK(on.pending == 0);
  CHECK(joined(on.heard) == "unknown");
  on.sim.advance(2h);
  CHECK(on.heard.size() == 1);
}

TEST_CASE("asker: asks from many threads, spawns no actor, and the system ends while those threads live on") {
  std::mutex gate; // Held: the threads that asked do not end.
  std::vector<std::thread> threads;
  std::atomic<int> sum{0}, asked{0};
  {
    std::unique_lock closed{gate};
    {
      caf::actor_system_config config;
      config.set("scheduler.max-threads", size_t{2});
      caf::actor_system sys{config};
      size_t pending = 0;
      asker questions{sys};
      const auto to = sys.spawn(answering, &pending);
      const auto before = sys.registry().running();
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
          for (int n = 0; n < 50; ++n) {
            const deadline until{std::chrono::steady_clock::now() + 1min};
            if (auto got = questions.ask_and_wait(to, until, question{i}); got)
              sum += got->number;
            if (sys.registry().running() != before)
              sum += 1'000'000;
          }
          ++asked;
          const std::lock_guard until_the_end{gate};
        });
      while (asked < 4)
        std::this_thread::yield();
      caf::anon_send_exit(to, caf::exit_reason::user_shutdown);
    } // Here it would hang if one of the threads held CAF's logger.
    CHECK(sum == 50 * (0 + 1 + 2 + 3));
  }
  for (auto& each : threads)
    each.join();
}

TEST_CASE("asker: who is told that the time is over may ask again, more often than the clock's ring takes at once") {
  constexpr int again = 300; // Each sets the timer anew; the ring of CAF's clock takes 63 before it blocks.
  caf::actor_system_config config;
  config.set("scheduler.max-threads", size_t{2});
  size_t pending = 0;
  std::atomic<int> ended{0};
  std::promise<void> all;
  caf::actor_system sys{config};
  {
    asker questions{sys};
    const auto to = sys.spawn(answering, &pending);
    const question never{1, 24h};
    questions.ask(to, questions.within(50ms), never, [&](const caf::expected<reply>&) {
      const auto begun = questions.within(1min);
      for (int i = 0; i < again; ++i)
        questions.ask(to, {begun.at - i * 1ms}, never, [&](const caf::expected<reply>&) { ++ended; });
      all.set_value();
    });
    all.get_future().wait(); // Hangs when the clock's thread calls back.
    CHECK(questions.size() == again);
    caf::anon_send_exit(to, caf::exit_reason::user_shutdown);
  }
  CHECK(ended == again);
}
