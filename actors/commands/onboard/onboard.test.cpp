#include "actors/commands/command.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

namespace arrakis::commands::onboard {
const command& definition();
}

TEST_CASE("/onboard: the wizard answers, with the interaction as it came") {
  test::sim_system sim;
  std::string heard;
  auto wizard = [&heard](wizard::handle::pointer) -> wizard::handle::behavior_type {
    auto take = [&heard](const char* what, auto& q) {
      heard = what + q.what->user.text();
      return interactions::said{"{}", true};
    };
    return {[take](const wizard::open& q) { return take("open ", q); },
            [take](const wizard::resume& q) { return take("resume ", q); },
            [take](const wizard::act& q) { return take("act ", q); }};
  };
  auto handler = commands::onboard::definition().start(sim.sys(), {sim.sys().spawn(wizard), {}});
  interaction x;
  x.user = snowflake{7};
  auto said = sim.ask<interactions::said>(handler, interactions::question{std::make_shared<const interaction>(x), {}});
  REQUIRE(said);
  CHECK(said->apart);
  CHECK(heard == "open 7");
}
