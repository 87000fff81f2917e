#include "adapters/discord/identity/identity.hpp"

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
  caf::actor subject = discord::find_identity(sim.sys(), rest, who, [this](snowflake id) { known.push_back(id); });

  ~fixture() {
    caf::anon_send_exit(subject, caf::exit_reason::kill);
    caf::anon_send_exit(rest, caf::exit_reason::kill);
    sim.run();
  }
  void answers(std::string body) { answer = discord::answer{200, std::move(body), 0, {}}; }
};
} // namespace

TEST_CASE("identity: Discord is asked until it answers, and then no more") {
  fixture f;
  f.sim.advance(60s);
  CHECK(f.asked > 3);
  CHECK(f.known.empty());
  CHECK(f.who.application == 0);
  f.answers("no JSON");
  f.sim.advance(60s);
  CHECK(f.known.empty());
  f.answers(R"({"id":"3","bot":{"id":"2"}})");
  f.sim.advance(60s);
  CHECK(f.known == std::vector{snowflake{3}});
  CHECK(f.who.application == 3);
  CHECK(f.who.bot == 2);
  const int asked = f.asked;
  f.sim.advance(600s);
  CHECK(f.asked == asked);
}

TEST_CASE("identity: without a partial user the bot has the application's id") {
  fixture f;
  f.answers(R"({"id":"3"})");
  f.sim.advance(60s);
  CHECK(f.who.bot == 3);
}
