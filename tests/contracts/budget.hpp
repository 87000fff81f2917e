#pragma once
#include "adapters/discord/rest/budget.hpp"

#include <functional>

namespace arrakis::test {
/// How a test talks to one implementation. `pass` lets time go by without waiting for it.
struct budget_bench {
  std::function<caf::expected<discord::budget::granted>(discord::budget::exchange)> trade;
  std::function<void(std::chrono::milliseconds)> pass;
};
/// The most requests that arrive in any second when they are of random length and on their way for random times.
size_t most_arrivals_in_a_second(const budget_bench&);
/// The contract of every budget. `fresh` makes an empty one with `slots_max` slots; called once for each subcase.
void budget_contract(const std::function<budget_bench(int slots_max)>& fresh);
} // namespace arrakis::test
