#pragma once
// How Discord wants the bot to be connected, as GET /gateway/bot says and as Redis keeps it. Others may have written
// there: what does not keep its bounds is not there.
#include "runtime/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace arrakis::discord::shards {

/// Answer of GET /gateway/bot.
struct plan {
  std::string url; ///< As it was given; address_policy says whether it may be used.
  int shards = 1;
  int max_concurrency = 1; ///< session_start_limit: identifies in 5 s.
  int starts_total = 1000; ///< session_start_limit: identifies in a day, and the remaining ones.
  int starts_left = 1000;
  std::chrono::milliseconds starts_reset{0}; ///< Time until the limit is reset.
};
/// Reads the answer of GET /gateway/bot. ec::corrupt names the field: url is missing, or shards is not from 1 to 16384.
caf::expected<plan> read_plan(std::string_view body);

} // namespace arrakis::discord::shards
