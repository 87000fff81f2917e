#include "actors/quarantine/quarantine.hpp"

#include "runtime/error.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// The rows of PostgreSQL, which several processes share.
struct rows {
  std::vector<quarantines::entry> open;
  std::vector<quarantines::crash> came;
  bool away = false;
  std::function<void()> before_open; ///< Runs before what is open is told.

  quarantines::handle::behavior_type serve(quarantines::handle::pointer) {
    const auto unused = [] { return fail(ec::internal, "not used"); };
    return {[this](const quarantines::add& x) -> caf::result<quarantines::added> {
              if (away)
                return fail(ec::unavailable, "the database is away");
              came.push_back(x.what);
              quarantines::entry e;
              e.id = static_cast<int64_t>(came.size());
              e.kind = x.what.kind;
              e.key = x.what.key;
              e.error = x.what.error;
              open.push_back(std::move(e));
              return quarantines::added{open.back().id};
            },
            [this](const quarantines::list_open&) -> caf::result<quarantines::listed> {
              if (away)
                return fail(ec::unavailable, "the database is away");
              quarantines::listed now{open};
              if (before_open)
                before_open();
              return now;
            },
            [=](const quarantines::find&) -> caf::result<quarantines::entry> { return unused(); },
            [=](const quarantines::release&) -> caf::result<quarantines::entry> { return unused(); }};
  }
};

struct fixture {
  rows all;
  test::sim_system sim;
  quarantine::table here, there; ///< Of two processes.
  quarantines::handle store = sim.sys().spawn([this](quarantines::handle::pointer self) { return all.serve(self); });
  quarantine::handle first = quarantine::start(sim.sys(), store, here, {.node = "first"});
  quarantine::handle second = quarantine::start(sim.sys(), store, there, {.node = "second"});
  fixture() { sim.run(); }
  ~fixture() {
    for (const auto& each : {first, second})
      caf::anon_send_exit(each, caf::exit_reason::kill);
    caf::anon_send_exit(store, caf::exit_reason::kill);
    sim.run();
  }
  void crash(const std::string& key, const std::string& kind = "community") {
    quarantine::recorder(here, first, kind)(key, "it threw", "deploy");
  }
  bool holds(const quarantine::table& at, const std::string& key) {
    return quarantine::reader(at, "community")(key).has_value();
  }
};
} // namespace

TEST_CASE("quarantine: what crashed here holds at once, and within a second on every process") {
  fixture f;
  f.crash("10");
  CHECK(f.holds(f.here, "10"));
  CHECK_FALSE(f.holds(f.here, "11"));
  CHECK_FALSE(quarantine::reader(f.here, "wizard_session")("10"));
  f.sim.advance(1s);
  CHECK(f.holds(f.there, "10"));
  REQUIRE(f.all.came.size() == 1);
  CHECK(f.all.came[0].guild == snowflake{10});
  CHECK(f.all.came[0].error == "it threw");
  CHECK(f.all.came[0].message == "deploy");
  CHECK(f.all.came[0].node == "first");
  f.crash("5:12", "wizard_session");
  f.sim.run();
  CHECK(f.all.came[1].guild == snowflake{12});
  CHECK(f.here.find("wizard_session", "5:12") == "it threw");
}

TEST_CASE(
  "quarantine: what is released starts again on every process, and a process that starts later knows the rest") {
  fixture f;
  f.crash("10");
  f.crash("11");
  f.sim.advance(1s);
  std::erase_if(f.all.open, [](const auto& e) { return e.key == "10"; });
  f.sim.advance(1s);
  for (const auto* at : {&f.here, &f.there}) {
    CHECK_FALSE(f.holds(*at, "10"));
    CHECK(f.holds(*at, "11"));
  }
  quarantine::table late;
  auto third = quarantine::start(f.sim.sys(), f.store, late, {.node = "third"});
  f.sim.run();
  CHECK(f.holds(late, "11"));
  caf::anon_send_exit(third, caf::exit_reason::kill);
  f.all.open.clear();
  caf::anon_send(f.first, quarantine::read_now{});
  f.sim.run();
  CHECK_FALSE(f.holds(f.here, "11"));
  CHECK(f.holds(f.there, "11")); // This process had no hint.
}

TEST_CASE("quarantine: while PostgreSQL is away everything holds, and what crashed meanwhile is saved afterwards") {
  fixture f;
  f.crash("10");
  f.sim.advance(1s);
  f.all.away = true;
  f.crash("11");
  f.sim.advance(5s);
  CHECK(f.holds(f.here, "10"));
  CHECK(f.holds(f.here, "11"));
  CHECK_FALSE(f.holds(f.there, "11"));
  f.all.away = false;
  f.sim.advance(2s);
  CHECK(f.holds(f.here, "11"));
  CHECK(f.holds(f.there, "11"));
  CHECK(f.all.came.size() == 2);
}

TEST_CASE("quarantine: what crashes during a reading is not lifted by what that reading says") {
  fixture f;
  f.all.before_open = [&] {
    f.all.before_open = {};
    f.crash("10");
  };
  bool held = true;
  caf::anon_send(f.first, quarantine::read_now{});
  for (int step = 0; step < 20; ++step) {
    f.sim.advance(100ms);
    held = held && f.holds(f.here, "10");
  }
  CHECK(held);
  CHECK(f.all.came.size() == 1);
}
