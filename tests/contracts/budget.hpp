#pragma once
#include "adapters/discord/rest/budget.hpp"

#include <functional>

namespace arrakis::test {
/// How a test talks to one implementation. `pass` lets time go by without waiting for it.
struct budget_bench {
  std::function<caf::expected<discord::budget::granted>(discord::budget::exchange)> trade;
  std::function<void(std::chrono::milliseconds)> pass;
};
/// What every budget promises. `fresh` makes an empty one with `slots_max` slots; called once for each subcase.
void budget_contract(const std::function<budget_bench(int slots_max)>& fresh);
} // namespace arrakis::test
