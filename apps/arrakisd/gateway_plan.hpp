#pragma once
// What GET /gateway/bot says, asked once for all processes: its bucket is small (2 in 5 s), and they begin together.
#include "adapters/discord/rest/messages.hpp"
#include "adapters/redis/messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <string>

namespace arrakis::gateway_plan {

struct plan {
  std::string url;
  int shards = 1;
  int max_concurrency = 1; ///< session_start_limit: identifies in 5 s.
  int starts_total = 1000; ///< Identifies in a day, and how many of them are left.
  int starts_left = 1000;
  std::chrono::milliseconds starts_reset{0}; ///< Until all of them are there again.
};
struct find {
  deadline until;
};
/// ec::refused: Discord says no. ec::unavailable without Redis, or while another process asks and gets no answer.
using handle = caf::typed_actor<caf::replies_to<find>::with<plan>>;

/// What Discord said is good for this long; Redis keeps it.
inline constexpr std::chrono::seconds holds{30};
handle start(caf::actor_system&, redis::handle, discord::rest);

} // namespace arrakis::gateway_plan
