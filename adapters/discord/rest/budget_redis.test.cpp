#include "adapters/discord/rest/budget.hpp"
#include "adapters/redis/client.hpp"
#include "runtime/net/io.hpp"
#include "tests/contracts/budget.hpp"
#include "tests/support/servers.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scoped_actor.hpp>
#include <doctest/doctest.h>
#include <future>
#include <map>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
// Time goes by when the scores of the set and the times of the buckets go down; what really passed since the last time
// is taken into account.
constexpr redis::script pass_script{.name = "test_pass", .sha1 = "", .text = R"lua(
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[2]) or now)
local by = ARGV[1] - (now - last)
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  redis.call('ZINCRBY', KEYS[1], -by, member)
end
for _, id in ipairs(redis.call('HKEYS', KEYS[3])) do
  local b = cmsgpack.unpack(redis.call('HGET', KEYS[3], id))
  b.reset = b.reset - by
  for _, flight in pairs(b.flights) do flight[1] = flight[1] - by end
  redis.call('HSET', KEYS[3], id, cmsgpack.pack(b))
  redis.call('ZINCRBY', KEYS[4], -by, id)
end
redis.call('SET', KEYS[2], now)
return by
)lua"};

/// How long the test says that it has been since the last call, for each key; taken by the next call.
using clocks = std::map<std::string, std::chrono::milliseconds>;

/// A Redis whose time goes by as the test says: moved in one transaction with each call, it is never later than that,
/// however slow the machine.
redis::handle::behavior_type moved(redis::handle::pointer, redis::link to, std::shared_ptr<clocks> since) {
  return {
    [](const redis::command&) -> caf::result<redis::reply> { return fail(ec::unsupported, "scripts alone"); },
    [to, since](const redis::eval& x) -> caf::result<redis::reply> {
      const auto& key = x.keys.at(0);
      const auto by = std::exchange((*since)[key], 0ms);
      const std::vector<redis::step> steps{
        {&pass_script, {}, {key, '{' + key + "}:clock", x.keys.at(4), x.keys.at(5)}, {std::to_string(by.count())}},
        {x.code, {}, x.keys, x.args}};
      std::promise<caf::expected<redis::reply>> result;
      to.transaction(steps, x.until, [&](caf::expected<redis::reply> r) { result.set_value(std::move(r)); });
      auto got = result.get_future().get();
      if (!got)
        return std::move(got.error());
      return got->items.at(1);
    }};
}

struct config : caf::actor_system_config {
  config() { set("scheduler.policy", caf::atom("sharing")); } // Work stealing sleeps up to 10 ms between hops.
};

struct bench {
  test::redis_server server;
  net::io io;
  config cfg;
  caf::actor_system sys{cfg};
  redis::link client = redis::connect(io, {.url = secret{server.url()}});
  std::shared_ptr<clocks> since = std::make_shared<clocks>();
  redis::handle port = sys.spawn<caf::detached>(moved, client, since);
  std::chrono::milliseconds within{20'000};
  std::vector<caf::actor> ours; // Killed at the end: a pending timeout of CAF keeps an actor, and the system waits.
  int keys = 0;

  ~bench() {
    for (const auto& each : ours)
      caf::anon_send_exit(each, caf::exit_reason::kill);
    caf::anon_send_exit(port, caf::exit_reason::kill);
  }

  template <class R, class Handle, class M>
  caf::expected<R> ask(const Handle& to, M what) {
    what.until = {std::chrono::steady_clock::now() + within};
    caf::scoped_actor self{sys};
    std::optional<caf::expected<R>> result;
    self->request(to, within, std::move(what))
      .receive([&](R& x) { result.emplace(std::move(x)); }, [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }
  test::budget_bench fresh(int slots_max, std::chrono::milliseconds held = discord::budget::after_answer) {
    const auto key = "test:budget:" + std::to_string(++keys);
    auto budget = discord::budget::start(sys, port, {.slots_max = slots_max, .key = key, .held_after_answer = held});
    ours.push_back(caf::actor_cast<caf::actor>(budget));
    (*since)[key] = 0ms;
    return {[this, budget](discord::budget::exchange x) { return ask<discord::budget::granted>(budget, std::move(x)); },
            [this, key](std::chrono::milliseconds by) { (*since)[key] += by; }};
  }
};
} // namespace

TEST_CASE("the budget in Redis keeps the contract of the budget") {
  bench b;
  test::budget_contract([&](int slots_max) { return b.fresh(slots_max); });
}

TEST_CASE(
  "the budget in Redis: negative control: slots that are freed with the answer let more than 50 arrive in a second") {
  bench b;
  CHECK(test::most_arrivals_in_a_second(b.fresh(50, 0ms)) > 50);
}

TEST_CASE("the budget in Redis: the invalid requests of all processes are counted together, also of one that died") {
  bench b;
  auto one = b.fresh(50);
  CHECK(one.trade({.invalid = 2})->invalid == 2);
  CHECK(one.trade({.wanted = {"a"}, .invalid = 3})->invalid == 5);
  CHECK(one.trade({.wanted = {"b"}})->invalid == 5);
  CHECK(b.fresh(50).trade({})->invalid == 0); // Another bot's.
}

TEST_CASE("the budget in Redis: emptied, it grants nothing for a while, and without a server it says so") {
  bench b;
  auto budget = b.fresh(50);
  CHECK(budget.trade({.wanted = {"a"}})->count == 0);
  budget.pass(2'000ms);
  CHECK(budget.trade({.wanted = {"a"}})->count == 1);
  b.server.flush();
  CHECK(budget.trade({.wanted = {"b"}})->count == 0);
  b.within = 200ms;
  b.server.kill();
  CHECK_FALSE(budget.trade({.wanted = {"c"}}));
}
