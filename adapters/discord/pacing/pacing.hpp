#pragma once
// Pacing of identifies over all processes of the bot.
// https://discord.com/developers/docs/events/gateway#rate-limiting: `max_concurrency` identifies in 5 s, one for each
// value of shard % max_concurrency; 1000 in 24 h, then Discord resets the bot's token.
#include "adapters/redis/messages.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <functional>

namespace arrakis::discord::pacing {

/// Settings of the pacing.
struct options {
  int max_concurrency = 1;
  /// Discord's 5 s and a margin for different network delays.
  std::chrono::milliseconds spacing{5'250};
  /// Limit in 24 h over all shards and processes; the rest of Discord's 1000 is for other programs of the bot.
  int per_day_max = 900;
};

/// Reserves a slot to identify and returns the time until it, as gateway::identify_pacing. ec::throttled: the day's
/// limit is used up. ec::unavailable or ec::unknown without Redis: no shard may identify.
using reserve = std::function<void(int shard, std::chrono::steady_clock::time_point now,
                                   std::function<void(caf::expected<std::chrono::milliseconds>)> granted)>;
/// Pacing with slots in Redis. An unused slot only delays the next one.
reserve over_redis(caf::actor_system&, redis::handle, options = {});

} // namespace arrakis::discord::pacing
