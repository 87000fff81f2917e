#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/reader.hpp"
#include "runtime/registry/spawn.hpp"
#include "tests/support/actor_at.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct count {};
struct total {
  int value = 0;
  int life = 0;
};
struct slow {};
struct crash {};
using counter = caf::typed_actor<caf::replies_to<count>::with<total>, caf::replies_to<slow>::with<total>,
                                 caf::reacts_to<crash>, caf::reacts_to<retire>>;
struct state {
  arrakis::flows flows;
  int value = 0;
};
using self_pointer = counter::stateful_pointer<state>;

flow<> answer_late(self_pointer self, caf::typed_response_promise<total> reply, int life) {
  co_await nap(self, 100ms);
  reply.deliver(total{++self->state.value, life});
}

caf::actor make(caf::actor_system& sys, int life, const std::string& key) {
  auto body = [life](self_pointer self) -> counter::behavior_type {
    keep_exception_text(self);
    return {
      [self, life](count) {
        return total{++self->state.value, life};
      },
      [self, life](slow) -> caf::result<total> {
        auto reply = self->make_response_promise<total>();
        self->state.flows.start(answer_late(self, reply, life));
        return caf::delegated<total>{};
      },
      [](crash) { throw std::runtime_error("planted"); },
      [self](retire) { quit_when_idle(self); },
    };
  };
  return caf::actor_cast<caf::actor>(registry::spawn(sys, {"member", key}, body));
}

struct fixture {
  test::sim_system sim;
  std::map<std::string, int> lives;
  std::vector<std::string> quarantined;
  std::string last_message;
  caf::actor under_test;

  explicit fixture(directory::options options = {.kind = "test", .idle = 1s}) {
    options.quarantined = [this](auto& key, auto&, auto& message) {
      quarantined.push_back(key);
      last_message = message;
    };
    under_test = directory::start(sim.sys(), options,
                                  [this](const std::string& key) { return make(sim.sys(), ++lives[key], key); });
  }
  template <class M>
  caf::expected<total> ask(const std::string& key, M message) {
    return sim.ask<total>(under_test, directory::to(key, message));
  }
};
} // namespace

TEST_CASE("directory: the first message activates, later ones meet the same actor, keys are apart") {
  fixture f;
  CHECK(f.ask("x", count{})->value == 1);
  CHECK(f.ask("x", count{})->value == 2);
  CHECK(f.ask("y", count{})->value == 1);
  CHECK(f.lives["x"] == 1);
}

TEST_CASE("directory: an idle actor is passivated, and its next message activates it again") {
  fixture f;
  REQUIRE(f.ask("x", count{}));
  f.sim.advance(3s);
  auto again = f.ask("x", count{});
  REQUIRE(again);
  CHECK(again->life == 2);
}

TEST_CASE("directory: a message that arrives while the actor leaves is held, not lost") {
  fixture f;
  caf::scoped_actor self{f.sim.sys()};
  f.sim.advance(200ms);
  auto first = self->request(f.under_test, caf::infinite, directory::to("x", slow{}));
  f.sim.advance(50ms);
  // The flow still runs when the directory retires it.
  fixture g{{.kind = "test", .idle = 40ms}};
  caf::scoped_actor other{g.sim.sys()};
  auto one = other->request(g.under_test, caf::infinite, directory::to("x", slow{}));
  g.sim.advance(60ms);
  auto two = other->request(g.under_test, caf::infinite, directory::to("x", count{}));
  g.sim.advance(200ms);
  one.receive([](total& t) { CHECK(t.life == 1); }, [](caf::error& e) { FAIL(text_of(e)); });
  two.receive([](total& t) { CHECK(t.life == 2); }, [](caf::error& e) { FAIL(text_of(e)); });
  f.sim.advance(100ms);
  first.receive([](total& t) { CHECK(t.value == 1); }, [](caf::error& e) { FAIL(text_of(e)); });
}

TEST_CASE("directory: a crash is answered at once and the next message meets a fresh actor") {
  fixture f;
  REQUIRE(f.ask("x", count{}));
  caf::anon_send(f.under_test, directory::to("x", crash{}));
  f.sim.run();
  CHECK(f.ask("x", count{})->life == 2);
}

TEST_CASE("directory: an actor over its restart intensity is quarantined alone, once, until it is released") {
  fixture f{{.kind = "test", .idle = 1h, .crashes_max = 2, .window = 1min}};
  for (int i = 0; i < 5; ++i) {
    caf::anon_send(f.under_test, directory::to("x", crash{}));
    f.sim.run();
  }
  auto refused = f.ask("x", count{});
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::quarantined);
  CHECK(f.quarantined == std::vector<std::string>{"x"});
  CHECK(f.last_message.find("crash") != std::string::npos);
  CHECK(f.ask("y", count{})->value == 1);
  caf::anon_send(f.under_test, directory::release{"x"});
  CHECK(f.ask("x", count{})->value == 1);
}

TEST_CASE("directory: a quarantine that somebody else keeps holds before any activation, and its crashes end with it") {
  std::optional<std::string> kept;
  fixture f{{.kind = "test", .idle = 1h, .crashes_max = 1, .window = 1h, .quarantine_of = [&](const std::string& key) {
               return key == "x" ? kept : std::nullopt;
             }}};
  kept = "planted elsewhere";
  auto refused = f.ask("x", count{});
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::quarantined);
  CHECK(text_of(refused.error()).find("planted elsewhere") != std::string::npos);
  CHECK(f.lives["x"] == 0);
  CHECK(f.ask("y", count{}));
  kept.reset();
  CHECK(f.ask("x", count{})->life == 1);
  const auto crash_once = [&] {
    caf::anon_send(f.under_test, directory::to("x", crash{}));
    f.sim.run();
  };
  crash_once();
  CHECK(f.quarantined.empty());
  crash_once();
  CHECK(f.quarantined == std::vector<std::string>{"x"});
  kept = "planted"; // As who was told keeps it.
  CHECK_FALSE(f.ask("x", count{}));
  kept.reset(); // Released.
  CHECK(f.ask("x", count{}));
  crash_once(); // The first of a new count.
  CHECK(f.ask("x", count{}));
  CHECK(f.quarantined.size() == 1);
}

TEST_CASE("directory: above its limit of active actors it answers busy") {
  fixture f{{.kind = "test", .idle = 1h, .active_max = 1}};
  REQUIRE(f.ask("x", count{}));
  auto refused = f.ask("y", count{});
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::busy);
}

TEST_CASE("directory: when it is full the idle make room, and who is at work stays") {
  fixture f{{.kind = "test", .idle = 1h, .active_max = 2, .idle_when_full = 1s}};
  REQUIRE(f.ask("x", count{}));
  f.sim.advance(2s);
  REQUIRE(f.ask("busy", count{}));
  REQUIRE_FALSE(f.ask("y", count{})); // Eviction makes room for later keys.
  f.sim.advance(1ms);
  CHECK(f.ask("y", count{}));
  const auto same = f.ask("busy", count{});
  REQUIRE(same);
  CHECK(same->value == 2); // Of the same life.
  CHECK_FALSE(f.ask("z", count{}));
}

TEST_CASE("directory: the registry shows each actor by its key, also one that crashed and one in quarantine") {
  const auto root = registry::tree_node::root("directory-test");
  root.make_default();
  fixture f{{.kind = "test", .idle = 10s, .crashes_max = 1}};
  const auto find = [&](const std::string& path) { return test::actor_at(root, path); };
  f.ask("x", count{});
  f.ask("7:9", count{});
  CHECK(find("directory-test/directory").kind == "directory");
  CHECK(find("directory-test/directory/x").kind == "member");
  CHECK(find("directory-test/directory/x").state == registry::actor_state::waiting);
  f.ask("x", crash{});
  CHECK(find("directory-test/directory/x").state == registry::actor_state::restarting);
  f.ask("x", count{});
  auto again = find("directory-test/directory/x");
  CHECK(again.state == registry::actor_state::waiting);
  CHECK(again.restarts == 1);
  CHECK(again.last_error == "planted");
  f.ask("x", crash{});
  CHECK(find("directory-test/directory/x").state == registry::actor_state::quarantined);
  CHECK(find("directory-test/directory/7:9").state == registry::actor_state::waiting);
}
