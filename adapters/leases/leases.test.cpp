#include "adapters/leases/leases.hpp"

#include "tests/support/redis_fixture.hpp"

#include <doctest/doctest.h>
#include <future>

using namespace arrakis;
using namespace std::chrono_literals;
using leases::lease_state;

namespace {
struct bench : test::redis_fixture {
  leases::handle subject = live.keep(leases::start(live.sys(), port));

  lease_state acquire(const leases::holder& who, bool only_if_released = false, std::chrono::milliseconds ttl = 60s) {
    auto got = live.ask<lease_state>(subject, leases::acquire{"shard:0", who, ttl, only_if_released, live.in(20s)});
    REQUIRE_MESSAGE(got, (got ? std::string{} : text_of(got.error())));
    return *got;
  }
  void release(const leases::holder& who) {
    REQUIRE(live.ask<leases::released>(subject, leases::release{"shard:0", who, live.in(20s)}));
  }
  int64_t number(std::vector<std::string> command) {
    std::promise<int64_t> got;
    client.command({std::move(command), {}, {}, live.in(20s)},
                   [&](caf::expected<redis::reply> r) { got.set_value(r ? r->number : -1); });
    return got.get_future().get();
  }
};
const leases::holder one{"a", "1"}, one_again{"a", "2"}, other{"b", "1"}, nameless{"", "7"}, nameless_too{"", "8"};
} // namespace

TEST_CASE("leases: one holds it, and the other is told who and for how long") {
  bench b;
  CHECK(b.acquire(one).mine);
  const auto seen = b.acquire(other);
  CHECK_FALSE(seen.mine);
  CHECK(seen.by == "a:1");
  CHECK(seen.left > 50s);
  CHECK(b.acquire(one).mine);
  CHECK(b.acquire(nameless).by == "a:1");
}

TEST_CASE("leases: it ends by itself, and only by the time that was asked for") {
  bench b;
  CHECK(b.acquire(one).mine);
  CHECK(b.number({"PTTL", "shard:0:lease"}) > 50'000);
  b.number({"PEXPIRE", "shard:0:lease", "0"}); // The lease runs out.
  CHECK(b.acquire(other).mine);
  CHECK_FALSE(b.acquire(one).mine);
}

TEST_CASE("leases: one that somebody else made to last for centuries is waited for an hour at most") {
  bench b;
  CHECK(b.acquire(one).mine);
  b.number({"PEXPIRE", "shard:0:lease", "9000000000000000"});
  CHECK(b.acquire(other).left == 1h);
}

TEST_CASE("leases: what a node's dead predecessor held is its own; nameless processes inherit nothing") {
  bench b;
  CHECK(b.acquire(one).mine);
  CHECK(b.acquire(one_again).mine);
  CHECK(b.acquire(other).by == "a:2");
  b.number({"DEL", "shard:0:lease"});
  CHECK(b.acquire(nameless).mine);
  CHECK_FALSE(b.acquire(nameless_too).mine);
}

TEST_CASE("leases: given back it is free at once, and only its holder can give it back") {
  bench b;
  CHECK(b.acquire(one).mine);
  b.release(other);
  CHECK_FALSE(b.acquire(other, true).mine);
  b.release(one);
  CHECK(b.acquire(other, true).mine);
}

TEST_CASE("leases: one that vanished before its time was not given back: who knows that leaves it alone") {
  bench b;
  CHECK(b.acquire(one).mine);
  b.server.flush();
  const auto seen = b.acquire(other, true);
  CHECK_FALSE(seen.mine);
  CHECK(seen.by.empty());
  CHECK(b.acquire(one).mine); // The holder renews it.
  b.server.flush();
  CHECK(b.acquire(other).mine); // Negative control: who does not know takes it while the holder still acts.
}
