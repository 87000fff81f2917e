#include "adapters/discord/pacing/pacing.hpp"

#include "tests/support/redis_fixture.hpp"

#include <doctest/doctest.h>
#include <future>

using namespace arrakis;
using namespace std::chrono_literals;
using discord::pacing::over_redis;
using std::chrono::milliseconds;

namespace {
struct bench : test::redis_fixture {
  caf::expected<milliseconds> wait(const discord::pacing::reserve& subject, int shard) {
    std::promise<caf::expected<milliseconds>> got;
    subject(shard, std::chrono::steady_clock::now(), [&](caf::expected<milliseconds> r) { got.set_value(r); });
    return got.get_future().get();
  }
};
} // namespace

TEST_CASE("pacing: two processes share the slots of a bucket; each waits behind the one before") {
  bench b;
  const auto one = over_redis(b.live.sys(), b.port, {.spacing = 3'600s});
  const auto other = over_redis(b.live.sys(), b.port, {.spacing = 3'600s});
  CHECK(b.wait(one, 0) == 0ms);
  const auto second = b.wait(other, 1);
  const auto third = b.wait(one, 2);
  REQUIRE((second && third));
  CHECK(*second > 3'000s);
  CHECK(*second <= 3'600s);
  CHECK(*third > 6'600s);
}

TEST_CASE("pacing: buckets of different values of shard % max_concurrency do not wait for each other") {
  bench b;
  const auto subject = over_redis(b.live.sys(), b.port, {.max_concurrency = 2, .spacing = 3'600s});
  CHECK(b.wait(subject, 0) == 0ms);
  CHECK(b.wait(subject, 1) == 0ms);
  CHECK(*b.wait(subject, 2) > 3'000s);
}

TEST_CASE("pacing: the identifies of a day are counted over all processes, and the count outlives them") {
  bench b;
  for (int i = 0; i < 3; ++i)
    CHECK(b.wait(over_redis(b.live.sys(), b.port, {.spacing = 1ms, .per_day_max = 3}), i));
  const auto refused = b.wait(over_redis(b.live.sys(), b.port, {.spacing = 1ms, .per_day_max = 3}), 0);
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::throttled);
}

TEST_CASE("pacing: without Redis no shard sends Identify") {
  bench b;
  b.server.kill();
  const auto refused = b.wait(over_redis(b.live.sys(), b.port), 0);
  REQUIRE_FALSE(refused);
  CHECK((code_of(refused.error()) == ec::unavailable || code_of(refused.error()) == ec::unknown));
}
