#pragma once
// When a shard may identify, over all processes of the bot.
// https://discord.com/developers/docs/events/gateway#rate-limiting: `max_concurrency` identifies in 5 s, one for each
// value of shard % max_concurrency; 1000 in 24 h, then Discord resets the bot's token.
#include "adapters/redis/messages.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <functional>

namespace arrakis::discord::pacing {

struct options {
  int max_concurrency = 1;
  /// Discord's 5 s, and what two of our ways to it may differ.
  std::chrono::milliseconds spacing{5'250};
  /// Of all shards and processes in 24 h. What is left of Discord's 1000 is for what runs beside us.
  int per_day_max = 900;
};

/// As gateway::identify_pacing: reserves a slot, and tells how long it is until then. ec::throttled: the day's share is
/// used up. ec::unavailable or ec::unknown without Redis: nobody may identify.
using reserve = std::function<void(int shard, std::chrono::steady_clock::time_point now,
                                   std::function<void(caf::expected<std::chrono::milliseconds>)> granted)>;
/// The slots are kept in Redis: a slot that nobody uses costs the next one its time and nothing else.
reserve over_redis(caf::actor_system&, redis::handle, options = {});

} // namespace arrakis::discord::pacing
