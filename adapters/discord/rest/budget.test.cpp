#include "adapters/discord/rest/budget.hpp"

#include "tests/contracts/budget.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/sim_system.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

TEST_CASE("the budget in memory keeps the contract of the budget") {
  test::sim_system sim;
  test::budget_contract([&](int slots_max) {
    auto budget = test::memory_budget(sim.sys(), {.slots_max = slots_max});
    return test::budget_bench{[&sim, budget](discord::budget::exchange x) {
                                x.until = {sim.now() + 1s};
                                return sim.ask<discord::budget::granted>(budget, std::move(x));
                              },
                              [&sim](std::chrono::milliseconds by) { sim.advance(by); }};
  });
}

TEST_CASE("budget: negative control: one that frees a slot with the answer lets more than 50 arrive in a second") {
  test::sim_system sim;
  auto budget = test::memory_budget(sim.sys(), {.held_after_answer = 0ms});
  const test::budget_bench bench{[&](discord::budget::exchange x) {
                                   x.until = {sim.now() + 1s};
                                   return sim.ask<discord::budget::granted>(budget, std::move(x));
                                 },
                                 [&](std::chrono::milliseconds by) { sim.advance(by); }};
  CHECK(test::most_arrivals_in_a_second(bench) > 50);
}
