#include "adapters/discord/identity/identity.hpp"

#include "runtime/log.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct fixture {
  caf::expected<discord::answer> answer = fail(ec::unavailable, "away");
  int asked = 0;
  std::vector<snowflake> known;
  discord::identity who;
  test::sim_system sim;
  discord::rest rest = sim.sys().spawn([this](discord::rest::pointer) -> discord::rest::behavior_type {
    return {[this](const discord::call&) {
      ++asked;
      return answer;
    }};
  });
  discord::identity_port subject = discord::start_identity(sim.sys(), rest, who,
                                                           [this](snowflake id) { known.push_back(id); });

  fixture() {
    log::set_sink([](std::string_view) {});
  }
  ~fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::kill);
    caf::anon_send_exit(rest, caf::exit_reason::kill);
    sim.run();
    log::set_sink(nullptr);
  }
  void answers(std::string body) { answer = discord::answer{200, std::move(body), 0, {}}; }
  /// Identity answered within `wait`; empty: no answer.
  std::optional<discord::own_identity> ask(snowflake other_than, std::chrono::milliseconds wait) {
    caf::scoped_actor self{sim.sys()};
    auto pending = self->request(subject, caf::infinite, discord::get_identity{other_than, {sim.now() + wait}});
    sim.advance(wait);
    std::optional<discord::own_identity> got;
    if (self->has_next_message())
      pending.receive([&](const discord::own_identity& x) { got = x; }, [](const caf::error&) {});
    return got;
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "identity: Discord is asked until it answers, and then no more") {
  sim.advance(60s);
  CHECK(asked > 3);
  CHECK(known.empty());
  CHECK(who.application == 0);
  answers("no JSON");
  sim.advance(60s);
  CHECK(known.empty());
  answers(R"({"id":"3","bot":{"id":"2"}})");
  sim.advance(60s);
  CHECK(known == std::vector{snowflake{3}});
  CHECK(who.application == 3);
  CHECK(ask({}, 0ms)->bot == snowflake{2});
  const int before = asked;
  sim.advance(600s);
  CHECK(asked == before);
}

TEST_CASE_FIXTURE(fixture, "identity: without a partial user the bot has the application's id") {
  answers(R"({"id":"3"})");
  sim.advance(60s);
  CHECK(ask({}, 0ms)->bot == snowflake{3});
}

TEST_CASE_FIXTURE(fixture, "identity: requests before GET /applications/@me has answered wait for it") {
  caf::scoped_actor self{sim.sys()};
  auto pending = self->request(subject, caf::infinite, discord::get_identity{{}, {sim.now() + 60s}});
  sim.advance(20s);
  CHECK_FALSE(self->has_next_message());
  answers(R"({"id":"3","bot":{"id":"2"}})");
  const int before = asked;
  for (auto waited = 0ms; asked == before && waited < 30s; waited += 1ms)
    sim.advance(1ms);
  REQUIRE(self->has_next_message()); // In the turn of Discord's answer.
  pending.receive([](const discord::own_identity& x) { CHECK(x.bot == snowflake{2}); },
                  [](const caf::error&) { CHECK(false); });
}

TEST_CASE_FIXTURE(fixture, "identity: more than 4096 who wait hear that it is busy, and the late ones count no more") {
  caf::scoped_actor self{sim.sys()};
  for (int i = 0; i < 4'096; ++i)
    self->send(subject, discord::get_identity{{}, {sim.now() + 1s}});
  const auto refused = sim.ask<discord::own_identity>(subject, discord::get_identity{{}, {sim.now() + 1s}});
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::busy);
  sim.advance(1s);
  self->request(subject, caf::infinite, discord::get_identity{{}, {sim.now() + 1s}});
  sim.run();
  CHECK_FALSE(self->has_next_message()); // The request waits.
}

TEST_CASE_FIXTURE(fixture, "identity: after a change of the token GET /applications/@me is asked again, and waiting "
                           "readers get the new application") {
  answers(R"({"id":"3","bot":{"id":"2"}})");
  sim.advance(1s);
  CHECK_FALSE(ask({3}, 60s)); // Nothing has changed.
  caf::scoped_actor self{sim.sys()};
  auto follows = self->request(subject, caf::infinite, discord::get_identity{{3}, {sim.now() + 600s}});
  answer = fail(ec::unavailable, "away");
  caf::anon_send(subject, discord::renew_identity{});
  CHECK_FALSE(ask({}, 1s)); // The earlier answer may be another application's.
  answers(R"({"id":"5","bot":{"id":"4"}})");
  sim.advance(60s);
  CHECK(known == std::vector{snowflake{3}, snowflake{5}});
  REQUIRE(self->has_next_message());
  follows.receive([](const discord::own_identity& x) { CHECK(x.application == snowflake{5}); },
                  [](const caf::error&) { CHECK(false); });
}
