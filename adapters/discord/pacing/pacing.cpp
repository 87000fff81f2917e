#include "adapters/discord/pacing/pacing.hpp"

#include "runtime/clock.hpp"
#include "runtime/flow/asker.hpp"

#include <algorithm>
#include <memory>

namespace arrakis::discord::pacing {
namespace {
using std::chrono::milliseconds;
constexpr milliseconds answer_within{2'000};

// The braces belong to the keys: they put both into one slot of a Redis Cluster.
constexpr redis::script reserve_script{.name = "discord_identify-2", .sha1 = "", .text = R"lua(
-- KEYS 1 when the next slot of this bucket is free, 2 the identifies of a day by time
-- ARGV 1 spacing ms, 2 per_day_max, 3 a name for this one
-- Returns {1 granted or 0, ms to the slot, or until the oldest of the day's is a day old}
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local day = 86400000
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - day)
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[2]) then
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return {0, math.ceil(oldest[2] + day - now)}
end
local slot = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local free = slot + ARGV[1]
redis.call('SET', KEYS[1], string.format('%d', free), 'PX', string.format('%d', free - now))
redis.call('ZADD', KEYS[2], slot, ARGV[3])
redis.call('PEXPIRE', KEYS[2], day)
return {1, slot - now}
)lua"};

constexpr int64_t wait_ms_max = 86'400'000; // A slot is within a day; a key written by others may hold more.

caf::expected<milliseconds> wait_in(const caf::expected<redis::reply>& reply) {
  if (!reply)
    return reply.error();
  if (reply->items.size() != 2)
    return fail(ec::internal, "discord identify: an answer of another shape");
  if (reply->items[0].number != 1)
    return throttle("the identifies of this day are used up", milliseconds{reply->items[1].number});
  return milliseconds{std::clamp<int64_t>(reply->items[1].number, 0, wait_ms_max)};
}
} // namespace

reserve over_redis(caf::actor_system& sys, redis::handle server, options opt) {
  const auto questions = std::make_shared<asker>(sys);
  return [questions, server = std::move(server), opt](int shard, auto, auto tell) {
    const auto until = questions->within(answer_within);
    const auto bucket = shard % std::max(opt.max_concurrency, 1);
    redis::eval what{&reserve_script,
                     {"{discord:identify}:" + std::to_string(bucket), "{discord:identify}:day"},
                     {std::to_string(opt.spacing.count()), std::to_string(opt.per_day_max), random_hex(8)},
                     until};
    questions->ask(server, until, std::move(what),
                   [tell](const caf::expected<redis::reply>& reply) { tell(wait_in(reply)); });
  };
}
} // namespace arrakis::discord::pacing
