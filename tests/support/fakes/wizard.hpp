#pragma once
// A wizard that only notes what it is asked, for the commands that it answers.
#include "actors/commands/command.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>
#include <string>

namespace arrakis::test {

/// What the wizard hears when user 7 types `subject`: "open 7", "resume 7" or "act 7"; empty: its answer did not come
/// back as it gave it.
inline std::string heard_by_wizard(const commands::command& subject) {
  sim_system sim;
  std::string heard;
  auto noting = [&heard](wizard::handle::pointer) -> wizard::handle::behavior_type {
    const auto take = [&heard](const char* what, const auto& q) {
      heard = what + q.what->user.text();
      return interactions::said{"{}", true};
    };
    return {[take](const wizard::open& q) { return take("open ", q); },
            [take](const wizard::resume& q) { return take("resume ", q); },
            [take](const wizard::act& q) { return take("act ", q); }};
  };
  const auto handler = subject.start(sim.sys(), {sim.sys().spawn(noting), {}});
  interaction x;
  x.user = snowflake{7};
  const auto said = sim.ask<interactions::said>(handler,
                                                interactions::question{std::make_shared<const interaction>(x), {}});
  return said && said->apart && said->data_json == "{}" ? heard : "";
}
} // namespace arrakis::test
