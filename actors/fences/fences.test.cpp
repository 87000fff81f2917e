#include "actors/fences/fences.hpp"

#include "tests/support/fakes/store.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
const community_id us{"11111111-2222-4333-8444-555555555555"}, others{"21111111-2222-4333-8444-555555555555"};

struct bench {
  test::sim_system sim;
  test::fake_store store{sim, {1}};
  fences::board board{sim.sys().clock()};
  fences::handle actor = fences::start(sim.sys(), store.communities_port(), board);
  ~bench() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    sim.run();
  }
};
std::vector<fences::changed> heard;
fences::listener::behavior_type listening(fences::listener::pointer) {
  return {[](const fences::changed& x) { heard.push_back(x); }};
}
} // namespace

TEST_CASE("fences: nothing is allowed before the first reading, nor when readings stop") {
  bench b;
  CHECK_FALSE(b.board.allows(us, 1));
  b.sim.advance(10ms);
  CHECK(b.board.allows(us, 1));
  CHECK(b.board.allows(others, 1));
  b.store.decide = [](const char*) { return test::fake_store::fate::silent; };
  b.sim.advance(1'500ms);
  CHECK_FALSE(b.board.allows(us, 1));
  CHECK_FALSE(b.board.ready());
  b.store.decide = {};
  b.sim.advance(1'500ms);
  CHECK(b.board.allows(us, 1));
}

TEST_CASE("fences: a freeze holds within a second and old fences stay refused after the thaw") {
  bench b;
  b.sim.advance(10ms);
  b.store.set_status("frozen"); // Fence 2.
  b.sim.advance(999ms);
  CHECK_FALSE(b.board.allows(us, 1));
  CHECK_FALSE(b.board.allows(us, 2));
  CHECK(b.board.allows(others, 1));
  b.store.set_status("active"); // Fence 3.
  b.sim.advance(999ms);
  CHECK_FALSE(b.board.allows(us, 1));
  CHECK(b.board.allows(us, 3));
}

TEST_CASE("fences: a freeze and its thaw between two readings still end the effects that began before") {
  bench b;
  b.board.replace({{us, {1}, "active", 2}}, b.sim.now());
  CHECK_FALSE(b.board.allows(us, 0));
  CHECK_FALSE(b.board.allows(us, 1));
  CHECK(b.board.allows(us, 2));
  CHECK(b.board.replace({{us, {1}, "active", 2}}, b.sim.now()).empty());
  CHECK(b.board.replace({{us, {1}, "frozen", 3}}, b.sim.now()).size() == 1);
  CHECK_FALSE(b.board.allows(us, 3));
}

TEST_CASE("fences: a hint holds at once, never lifts, and is told to who listens") {
  bench b;
  b.sim.advance(10ms);
  heard.clear();
  auto listener = b.sim.sys().spawn(listening);
  caf::anon_send(b.actor, fences::watch{listener});
  b.store.set_status("frozen");
  caf::anon_send(b.actor, fences::note{{us, {1}, "frozen", 2}});
  b.sim.run();
  CHECK_FALSE(b.board.allows(us, 3));
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.front().what.status == "frozen");
  caf::anon_send(b.actor, fences::note{{us, {1}, "active", 3}});
  b.sim.run();
  CHECK_FALSE(b.board.allows(us, 3));
  heard.clear();
  b.store.set_status("active");
  b.sim.advance(500ms);
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().what.status == "active");
  caf::anon_send_exit(listener, caf::exit_reason::kill);
}

TEST_CASE("fences: a lease ends by itself, and a newer run ends the older one's") {
  bench b;
  b.board.hold("d", 1, b.sim.now() + 8s);
  CHECK(b.board.holds("d", 1));
  b.board.hold("d", 2, b.sim.now() + 8s);
  CHECK_FALSE(b.board.holds("d", 1));
  b.board.hold("d", 1, b.sim.now() + 80s); // The older one wakes up.
  CHECK(b.board.holds("d", 2));
  b.board.let_go("d", 1);
  CHECK(b.board.holds("d", 2));
  b.sim.advance(8s);
  CHECK_FALSE(b.board.holds("d", 2));
}
