#include "adapters/discord/rest/budget.hpp"

#include "adapters/redis/messages.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::discord::budget {
namespace {
// Members of the set: slots by name with the time (ms) of their release; !alive, which preserves the key without slots;
// !quiet, the end of a time without grants. Times are rounded up where a hold begins and down where it is tested, so
// that rounding never shortens a hold.
constexpr redis::script exchange_script{.name = "discord_budget-3", .sha1 = "", .text = R"lua(
-- KEYS 1 the set, 2 the invalid requests by tens of seconds, 3 told holds by their end, 4 their version
-- ARGV 1 slots_max, 2 hold ms, 3 after_answer ms, 4 quiet ms, 5 keep ms, 6 hold_off ms,
--      7 number wanted, 8 number answered, 9 number invalid, 10 holds_seen, 11 holds_max, 12 number of holds,
--      then each hold's place and ms, then names: wanted, answered, unused
-- Returns {granted, ms until the next slot, invalid requests of the last 10 minutes, holds_version,
--          then each hold's place and ms where the version is not the one that was seen}
local key = KEYS[1]
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local from, now = math.ceil(micros / 1000), math.floor(micros / 1000)
if redis.call('EXISTS', key) == 0 then
  redis.call('ZADD', key, '+inf', '!alive', from + ARGV[4], '!quiet')
end
if tonumber(ARGV[6]) > 0 then
  redis.call('ZADD', key, 'GT', from + ARGV[6], '!quiet')
end
local wanted, answered = tonumber(ARGV[7]), tonumber(ARGV[8])
local bin = math.floor(now / 10000)
if tonumber(ARGV[9]) > 0 then
  redis.call('HINCRBY', KEYS[2], bin, ARGV[9])
  redis.call('PEXPIRE', KEYS[2], 620000)
end
local invalid = 0
local bins = redis.call('HGETALL', KEYS[2])
for i = 1, #bins, 2 do
  -- A bin counts until its newest possible answer is 10 minutes old.
  if tonumber(bins[i]) < bin - 60 then redis.call('HDEL', KEYS[2], bins[i])
  else invalid = invalid + bins[i + 1] end
end
local told = tonumber(ARGV[12])
for i = 13, 11 + 2 * told, 2 do
  redis.call('ZADD', KEYS[3], 'GT', from + ARGV[i + 1], ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if told > 0 then
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - ARGV[11])
  redis.call('SET', KEYS[4], string.format('%.0f', micros), 'PX', 1209600000)
  redis.call('PEXPIRE', KEYS[3], 1209600000)
end
local version = redis.call('GET', KEYS[4]) or '0'
local function result(granted, retry)
  local all = {granted, retry, invalid, version}
  if version ~= ARGV[10] then
    local holds = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
    for i = 1, #holds, 2 do
      all[#all + 1] = holds[i]
      all[#all + 1] = math.ceil(holds[i + 1] - now)
    end
  end
  return all
end
local names = 12 + 2 * told
for i = names + 1 + wanted, names + wanted + answered do
  redis.call('ZADD', key, from + ARGV[3], ARGV[i])
end
for i = names + 1 + wanted + answered, #ARGV do
  redis.call('ZREM', key, ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
redis.call('PEXPIRE', key, ARGV[5])
if wanted == 0 then return result(0, 0) end
local quiet = redis.call('ZSCORE', key, '!quiet')
if quiet then return result(0, math.ceil(quiet - now)) end
local free = ARGV[1] - (redis.call('ZCARD', key) - 1)
local granted = 0
for i = names + 1, names + wanted do
  local mine = redis.call('ZSCORE', key, ARGV[i])
  if not mine and free <= 0 then break end
  if not mine then free = free - 1 end
  redis.call('ZADD', key, from + ARGV[2], ARGV[i])
  granted = granted + 1
end
if granted == wanted then return result(granted, 0) end
local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
return result(granted, math.max(1, math.ceil(first[2] - now)))
)lua"};

struct state {
  state() = default;
  static inline const char* name = "discord.budget";
  redis::handle redis;
  options opt;
};

/// Hash tag of a key: the text between braces, or the whole key, which decides its Redis Cluster slot.
std::vector<std::string> keys(const options& opt) {
  const auto beside = '{' + opt.key + '}';
  return {opt.key, beside + ":invalid", beside + ":holds", beside + ":holds:version"};
}

std::vector<std::string> arguments(const options& opt, const exchange& x) {
  std::vector<std::string> args{std::to_string(opt.slots_max),
                                std::to_string(hold_max.count()),
                                std::to_string(opt.held_after_answer.count()),
                                std::to_string(opt.quiet.count()),
                                std::to_string(opt.keep.count()),
                                std::to_string(x.hold_off.count()),
                                std::to_string(x.wanted.size()),
                                std::to_string(x.answered.size()),
                                std::to_string(x.invalid),
                                x.holds_seen,
                                std::to_string(opt.holds_max),
                                std::to_string(x.told.size())};
  for (const auto& h : x.told) {
    args.push_back(h.place);
    args.push_back(std::to_string(h.left.count()));
  }
  for (const auto* names : {&x.wanted, &x.answered, &x.unused})
    args.insert(args.end(), names->begin(), names->end());
  return args;
}

/// Checks the form of stored holds: places are only compared, and the limiter bounds times and sizes.
caf::expected<granted> read(const redis::reply& r) {
  constexpr size_t head = 4;
  const auto is = [&r](size_t at, redis::reply::kind type) { return r.items[at].type == type; };
  bool good = r.items.size() >= head && r.items.size() % 2 == 0 && is(0, redis::reply::integer)
           && is(1, redis::reply::integer) && is(2, redis::reply::integer) && is(3, redis::reply::text);
  for (size_t i = head; good && i < r.items.size(); i += 2)
    good = is(i, redis::reply::text) && is(i + 1, redis::reply::integer);
  if (!good)
    return fail(ec::internal, "discord budget: an answer of another shape");
  granted g{static_cast<size_t>(r.items[0].number),
            std::chrono::milliseconds{r.items[1].number},
            static_cast<size_t>(r.items[2].number),
            r.items[3].bytes,
            {}};
  for (size_t i = head; i < r.items.size(); i += 2)
    g.holds.push_back({r.items[i].bytes, std::chrono::milliseconds{r.items[i + 1].number}});
  return g;
}

handle::behavior_type behavior(handle::stateful_pointer<state> self, redis::handle server, options opt) {
  keep_exception_text(self);
  self->state.redis = std::move(server);
  self->state.opt = std::move(opt);
  return {[self](const exchange& x) -> caf::result<granted> {
    auto reply = self->make_response_promise<granted>();
    const auto left = x.until.left(self->clock().now());
    self
      ->request(self->state.redis, caf::duration{left},
                redis::eval{&exchange_script, keys(self->state.opt), arguments(self->state.opt, x), x.until})
      .then(
        [reply](const redis::reply& r) mutable {
          auto got = read(r);
          if (got)
            reply.deliver(std::move(*got));
          else
            reply.deliver(std::move(got.error()));
        },
        [reply](caf::error& e) mutable { reply.deliver(std::move(e)); });
    return caf::delegated<granted>{};
  }};
}
} // namespace

handle start(caf::actor_system& sys, redis::handle server, options opt) {
  return registry::spawn(sys, {"discord_budget"}, behavior, std::move(server), std::move(opt));
}
} // namespace arrakis::discord::budget
