#include "adapters/discord/rest/budget.hpp"

#include "adapters/redis/messages.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::discord::budget {
namespace {
// Members of the set: slots by name with the time (ms) of their release; !alive, which preserves the key without slots;
// !quiet, the end of a time without grants. Times are rounded up where a hold begins and down where it is tested, so
// that rounding never shortens a hold.
constexpr redis::script exchange_script{.name = "discord_budget-4", .sha1 = "", .text = R"lua(
-- KEYS 1 the set, 2 the invalid requests by tens of seconds, 3 holds by their end, 4 their version,
--      5 buckets, 6 buckets by the end of their use, 7 the hash of each route, and of each hash limit and window
-- ARGV 1 slots_max, 2 hold ms, 3 after_answer ms, 4 quiet ms, 5 keep ms, 6 hold_off ms,
--      7 number wanted, 8 number answered, 9 number invalid, 10 holds_seen, 11 holds_max, 12 number of holds,
--      13 buckets_max, 14 bucket_retry ms, then route key and ms of each hold, then name and route key of each
--      slot: wanted; answered, each with hash, limit, remaining and reset_after ms of its bucket (limit -1:
--      unknown); unused
-- Returns {granted, ms until the next slot, invalid requests of the last 10 minutes, holds_version,
--          number of closed buckets, index in wanted and ms of each,
--          then route key and ms of each hold where the version is not the one that was seen}
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
for i = 15, 13 + 2 * told, 2 do
  redis.call('ZADD', KEYS[3], 'GT', from + ARGV[i + 1], ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if told > 0 then
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - ARGV[11])
  redis.call('SET', KEYS[4], string.format('%.0f', micros), 'PX', 1209600000)
  redis.call('PEXPIRE', KEYS[3], 1209600000)
end
local version = redis.call('GET', KEYS[4]) or '0'
local closed = {}
local function result(granted, retry)
  local all = {granted, retry, invalid, version, #closed / 2}
  for _, each in ipairs(closed) do all[#all + 1] = each end
  if version ~= ARGV[10] then
    local holds = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
    for i = 1, #holds, 2 do
      all[#all + 1] = holds[i]
      all[#all + 1] = math.ceil(holds[i + 1] - now)
    end
  end
  return all
end
-- A bucket: left, the calls that may still be taken from it until reset; calls, the number of calls so far; flights,
-- the end and the number of each call without an answer. It is known by its hash, before that by its route.
local function find(route_key)
  local route, major = string.match(route_key, '^([^\n]*)\n(.*)$')
  local hash = redis.call('HGET', KEYS[7], route)
  local id = (hash or route) .. '\n' .. major
  local packed = redis.call('HGET', KEYS[5], id)
  local b = packed and cmsgpack.unpack(packed) or {left = 0, reset = 0, calls = 0, flights = {}}
  b.is_new, b.id, b.hash, b.route, b.flying = not packed, id, hash, route, 0
  for name, flight in pairs(b.flights) do
    if flight[1] <= now then b.flights[name] = nil else b.flying = b.flying + 1 end
  end
  return b
end
local function store(b)
  local useful_until = b.reset
  for _, flight in pairs(b.flights) do useful_until = math.max(useful_until, flight[1]) end
  redis.call('HSET', KEYS[5], b.id,
             cmsgpack.pack({left = b.left, reset = b.reset, calls = b.calls, flights = b.flights}))
  redis.call('ZADD', KEYS[6], useful_until, b.id)
end
local function limit_of(hash)
  local limit, window = string.match(redis.call('HGET', KEYS[7], '\n' .. hash) or '', '^(%d+) (%d+)$')
  return tonumber(limit), tonumber(window)
end
-- Takes one call. Returns 0, or the ms until the next try.
local function reserve(name, route_key)
  if route_key == '' then return 0 end
  local b = find(route_key)
  if b.hash == '' or b.flights[name] then return 0 end
  local limit, window
  if b.hash then limit, window = limit_of(b.hash) end
  if not limit then
    if b.flying > 0 then return tonumber(ARGV[14]) end
  else
    if b.reset <= now then
      -- The next window begins when the call arrives. Calls in flight may arrive in it, too.
      if b.flying >= limit then return tonumber(ARGV[14]) end
      b.left, b.reset = limit - b.flying, from + window
    end
    if b.left <= 0 then return math.max(1, math.ceil(b.reset - now)) end
    b.left = b.left - 1
  end
  b.calls = b.calls + 1
  b.flights[name] = {from + ARGV[2], b.calls}
  store(b)
  return 0
end
-- Learns the headers of an answer. Those of the newest call, with no other in flight, are the truth; otherwise each
-- call in flight may still lower what they say.
local function learn(name, route_key, hash, limit, remaining, reset_after)
  local b = find(route_key)
  local flight = b.flights[name]
  local is_newest = flight and flight[2] == b.calls
  if flight then
    b.flights[name], b.flying = nil, b.flying - 1
    store(b)
  end
  if limit < 0 then return end
  if b.hash ~= hash then
    redis.call('HSET', KEYS[7], b.route, hash)
    b = find(route_key)
    is_newest = b.is_new
  end
  if hash == '' then return end
  local _, window = limit_of(hash)
  -- After a 429 the wait may be longer than the window.
  if not window or remaining > 0 then window = math.max(window or 0, reset_after) end
  redis.call('HSET', KEYS[7], '\n' .. hash, string.format('%d %d', limit, window))
  if is_newest and b.flying == 0 then
    b.left, b.reset = remaining, from + reset_after
  else
    local left = remaining - b.flying
    b.left = b.reset > now and math.min(b.left, left) or left
    b.reset = math.max(b.reset, from + reset_after)
  end
  store(b)
end
local function give_back(name, route_key)
  local b = find(route_key)
  if not b.flights[name] then return end
  b.flights[name] = nil
  if b.reset > now then b.left = b.left + 1 end
  store(b)
end
local first_wanted = 15 + 2 * told
local first_answered = first_wanted + 2 * wanted
local first_unused = first_answered + 6 * answered
for i = first_answered, first_unused - 1, 6 do
  redis.call('ZADD', key, from + ARGV[3], ARGV[i])
  if ARGV[i + 1] ~= '' then
    learn(ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5]))
  end
end
for i = first_unused, #ARGV, 2 do
  redis.call('ZREM', key, ARGV[i])
  if ARGV[i + 1] ~= '' then give_back(ARGV[i], ARGV[i + 1]) end
end
local over = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now, 'LIMIT', 0, 100)
local excess = redis.call('ZCARD', KEYS[6]) - ARGV[13]
if excess > #over then over = redis.call('ZRANGE', KEYS[6], 0, math.min(excess, 100) - 1) end
if #over > 0 then
  redis.call('ZREM', KEYS[6], unpack(over))
  redis.call('HDEL', KEYS[5], unpack(over))
end
for i = 5, 7 do redis.call('PEXPIRE', KEYS[i], 1209600000) end
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
redis.call('PEXPIRE', key, ARGV[5])
if wanted == 0 then return result(0, 0) end
local quiet = redis.call('ZSCORE', key, '!quiet')
if quiet then return result(0, math.ceil(quiet - now)) end
local free = ARGV[1] - (redis.call('ZCARD', key) - 1)
local granted = 0
for i = first_wanted, first_answered - 1, 2 do
  local mine = redis.call('ZSCORE', key, ARGV[i])
  if not mine and free <= 0 then break end
  local wait = reserve(ARGV[i], ARGV[i + 1])
  if wait > 0 then
    closed[#closed + 1] = (i - first_wanted) / 2
    closed[#closed + 1] = wait
  else
    if not mine then free = free - 1 end
    redis.call('ZADD', key, from + ARGV[2], ARGV[i])
    granted = granted + 1
  end
end
if granted + #closed / 2 == wanted then return result(granted, 0) end
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
  return {opt.key,
          beside + ":invalid",
          beside + ":holds",
          beside + ":holds:version",
          beside + ":buckets",
          beside + ":buckets:end",
          beside + ":routes"};
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
                                std::to_string(x.new_holds.size()),
                                std::to_string(opt.buckets_max),
                                std::to_string(bucket_retry.count())};
  for (const auto& h : x.new_holds) {
    args.push_back(h.route_key);
    args.push_back(std::to_string(h.left.count()));
  }
  const auto add = [&args](const slot& s) { args.insert(args.end(), {s.name, s.route_key}); };
  std::ranges::for_each(x.wanted, add);
  for (const auto& each : x.answered) {
    add(each);
    const auto b = each.bucket.value_or(bucket_state{.limit = -1});
    args.insert(args.end(),
                {b.hash, std::to_string(b.limit), std::to_string(b.remaining), std::to_string(b.reset_after.count())});
  }
  std::ranges::for_each(x.unused, add);
  return args;
}

/// Checks the form of the answer: route keys of holds are only compared, and the limiter bounds times and sizes.
caf::expected<granted> read(const redis::reply& r) {
  constexpr size_t head = 5;
  const auto is = [&r](size_t at, redis::reply::kind type) { return r.items[at].type == type; };
  bool good = r.items.size() >= head && is(0, redis::reply::integer) && is(1, redis::reply::integer)
           && is(2, redis::reply::integer) && is(3, redis::reply::text) && is(4, redis::reply::integer)
           && r.items[4].number >= 0 && static_cast<size_t>(r.items[4].number) <= (r.items.size() - head) / 2
           && (r.items.size() - head) % 2 == 0;
  const size_t holds = good ? head + 2 * static_cast<size_t>(r.items[4].number) : r.items.size();
  for (size_t i = head; good && i < r.items.size(); i += 2)
    good = is(i, i < holds ? redis::reply::integer : redis::reply::text) && is(i + 1, redis::reply::integer);
  if (!good)
    return fail(ec::internal, "discord budget: an answer of another shape");
  granted g;
  g.count = static_cast<size_t>(r.items[0].number);
  g.retry = std::chrono::milliseconds{r.items[1].number};
  g.invalid = static_cast<size_t>(r.items[2].number);
  g.holds_version = r.items[3].bytes;
  for (size_t i = head; i < holds; i += 2)
    g.closed.push_back({static_cast<size_t>(r.items[i].number), std::chrono::milliseconds{r.items[i + 1].number}});
  for (size_t i = holds; i < r.items.size(); i += 2)
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
