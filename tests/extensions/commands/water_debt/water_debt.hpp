#pragma once
#include "schemas/ids.hpp"

#include <cstdint>
#include <functional>

namespace arrakis::commands::water_debt {
/// A service that this command alone needs: hears of each debt that is noted. Any thread.
struct ledger {
  std::function<void(snowflake debtor, int64_t litres)> enter;
};
} // namespace arrakis::commands::water_debt
