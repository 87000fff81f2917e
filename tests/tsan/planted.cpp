// Actors that count the words that they are sent: `race` has two of them with one sum between them, as no handler
// may; `none` gives every sum its actor, and the total is asked for. ThreadSanitizer must see the first and be silent
// at the second, which it is only when it sees CAF's mailboxes too.
#include "runtime/exception.hpp"
#include "runtime/message.hpp"

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

namespace arrakis::planted {
struct word {
  std::string text;
};
struct asked {};
struct total {
  size_t bytes = 0;
};
using handle = caf::typed_actor<caf::reacts_to<word>, caf::replies_to<asked>::with<total>>;

struct state {
  state() = default;
  static inline const char* name = "planted";
  size_t own = 0;
  size_t* sum = nullptr;
};

void planted_counter(state& st, const word& w) { *st.sum += w.text.size(); }

handle::behavior_type behavior(handle::stateful_pointer<state> self, size_t* shared) {
  keep_exception_text(self);
  self->state.sum = shared ? shared : &self->state.own;
  return {
    [self](const word& w) { planted_counter(self->state, w); },
    [self](asked) { return total{*self->state.sum}; },
  };
}

size_t run(bool with_race) {
  caf::actor_system_config settings;
  settings.set("scheduler.max-threads", size_t{2});
  caf::actor_system system{settings};
  size_t shared = 0;
  const auto one = system.spawn(behavior, with_race ? &shared : nullptr);
  const auto two = system.spawn(behavior, with_race ? &shared : nullptr);
  caf::scoped_actor self{system};
  for (int i = 0; i < 2'000; ++i)
    for (const auto& each : {one, two})
      self->send(each, word{"word"});
  size_t sum = 0;
  for (const auto& each : {one, two}) {
    self->request(each, std::chrono::seconds{30}, asked{})
      .receive([&](const total& t) { sum += t.bytes; }, [](const caf::error&) {});
    self->send_exit(each, caf::exit_reason::user_shutdown);
  }
  return sum;
}
} // namespace arrakis::planted

int main(int argc, char** argv) {
  const bool with_race = argc > 1 && std::strcmp(argv[1], "race") == 0;
  const auto sum = arrakis::planted::run(with_race);
  std::printf("%zu bytes\n", sum);
  return with_race || sum == 16'000 ? 0 : 1;
}
