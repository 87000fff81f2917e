#include "runtime/flow/refresher.hpp"

#include "runtime/error.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "tests/support/sim_system.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct changed {};
struct due {};
using reader = caf::typed_actor<caf::reacts_to<changed>, caf::reacts_to<due>>;

/// The store: each reading takes 10 ms.
struct store {
  int begun = 0, ended = 0, at_once_max = 0;
  bool is_away = false;
};
struct state {
  std::optional<refresher> readings;
};
using pointer = reader::stateful_pointer<state>;

flow<caf::error> read(pointer self, store* from) {
  ++from->begun;
  from->at_once_max = std::max(from->at_once_max, from->begun - from->ended);
  co_await nap(self, 10ms);
  ++from->ended;
  co_return from->is_away ? fail(ec::unavailable, "away") : caf::error{};
}
reader::behavior_type reading(pointer self, store* from) {
  self->state.readings.emplace([=] { return read(self, from); }, refresher::events{"store.lost", "store.regained"});
  return {[self](changed) { self->state.readings->read_now(); }, [self](due) { self->state.readings->read_if_idle(); }};
}

/// Of the log, while a fixture lives.
std::vector<std::string> lines;

struct fixture {
  store from;
  test::sim_system sim;
  reader actor = sim.sys().spawn(reading, &from);
  fixture() {
    lines.clear();
    log::set_sink([](std::string_view line) { lines.emplace_back(line); });
  }
  ~fixture() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
    log::set_sink(nullptr);
  }
  template <class Message>
  void tell(Message what) {
    caf::anon_send(actor, what);
    sim.run();
  }
  static int lines_with(std::string_view text) {
    return static_cast<int>(
      std::ranges::count_if(lines, [&](const auto& line) { return line.find(text) != std::string::npos; }));
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "refresher: one reading at a time, and what changed meanwhile is read once more") {
  tell(changed{});
  CHECK(from.begun == 1);
  for (int i = 0; i < 5; ++i)
    tell(changed{});
  CHECK(from.begun == 1);
  sim.advance(1s);
  CHECK(from.begun == 2);
  CHECK(from.at_once_max == 1);
  tell(changed{});
  CHECK(from.begun == 3);
}

TEST_CASE_FIXTURE(fixture, "refresher: a time that comes during a reading asks for no further one") {
  tell(due{});
  tell(due{});
  sim.advance(1s);
  CHECK(from.begun == 1);
  tell(due{});
  CHECK(from.begun == 2);
}

TEST_CASE_FIXTURE(fixture, "refresher: a change during a reading that fails is read too") {
  from.is_away = true;
  tell(changed{});
  tell(changed{});
  sim.advance(1s);
  CHECK(from.ended == 2);
}

TEST_CASE_FIXTURE(fixture, "refresher: the log has one line when the store goes away, and one when it is back") {
  const auto read_thrice = [&] {
    for (int i = 0; i < 3; ++i) {
      tell(due{});
      sim.advance(1s);
    }
  };
  read_thrice();
  CHECK(lines.empty());
  from.is_away = true;
  read_thrice();
  CHECK(lines.size() == 1);
  CHECK(lines_with("store.lost") == 1);
  CHECK(lines_with("\"away\"") == 1);
  from.is_away = false;
  read_thrice();
  CHECK(lines.size() == 2);
  CHECK(lines_with("store.regained") == 1);
  from.is_away = true;
  read_thrice();
  CHECK(lines_with("store.lost") == 2);
}

TEST_CASE_FIXTURE(fixture, "refresher: an actor that ends takes the reading along") {
  tell(changed{});
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  sim.advance(1s);
  CHECK(from.begun == 1);
  CHECK(from.ended == 0);
}
