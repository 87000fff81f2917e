// Actors that add up words: `race` has two of them with one sum between them, as no handler may; `none` gives each its
// own, and the total is asked for. ThreadSanitizer must see the first and be silent at the second, which it is only
// when it sees the mailboxes of CAF too.
#include "runtime/exception.hpp"
#include "runtime/message.hpp"

#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

namespace arrakis::planted {
struct word {
  std::string text;
};
struct total {
  size_t bytes = 0;
};
using handle = caf::typed_actor<caf::replies_to<word>::with<total>>;

struct state {
  state() = default;
  static inline const char* name = "planted";
  size_t own = 0;
  size_t* sum = nullptr;
};

/// Waits until both handlers run. Relaxed: it orders nothing, so that only what a handler does itself can.
void meet() {
  static std::atomic<int> arrived{0};
  arrived.fetch_add(1, std::memory_order_relaxed);
  while (arrived.load(std::memory_order_relaxed) < 2)
    std::this_thread::yield();
}

void planted_counter(state& st, const word& w) { *st.sum += w.text.size(); }

handle::behavior_type behavior(handle::stateful_pointer<state> self, size_t* shared) {
  keep_exception_text(self);
  self->state.sum = shared ? shared : &self->state.own;
  return {
    [self](const word& w) {
      meet();
      planted_counter(self->state, w);
      return total{*self->state.sum};
    },
  };
}

/// The words of both threads together, one of each.
size_t run(bool with_race) {
  caf::actor_system_config settings;
  settings.set("scheduler.max-threads", size_t{1});
  caf::actor_system system{settings};
  size_t shared = 0;
  // A thread for each.
  const auto one = system.spawn<caf::detached>(behavior, with_race ? &shared : nullptr);
  const auto two = system.spawn<caf::detached>(behavior, with_race ? &shared : nullptr);
  caf::scoped_actor self{system};
  const auto patience = std::chrono::seconds{30};
  auto first = self->request(one, patience, word{"spice"});
  auto second = self->request(two, patience, word{"water"});
  size_t sum = 0;
  const auto add = [&](const total& t) { sum += t.bytes; };
  first.receive(add, [](const caf::error&) {});
  second.receive(add, [](const caf::error&) {});
  for (const auto& each : {one, two})
    self->send_exit(each, caf::exit_reason::user_shutdown);
  self->wait_for(one, two);
  return sum;
}
} // namespace arrakis::planted

int main(int argc, char** argv) {
  const bool with_race = argc > 1 && std::strcmp(argv[1], "race") == 0;
  const auto sum = arrakis::planted::run(with_race);
  std::printf("%zu bytes\n", sum);
  return with_race || sum == 10 ? 0 : 1;
}
