// A connection that ends before it is in its session: after the identify and before READY, after the resume and before
// RESUMED; and one that falls silent again and again. Plain and packed.
#include "tests/shards/shard_fixture.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <functional>

using namespace arrakis;
using namespace arrakis::shards_test;
using namespace std::chrono_literals;

namespace {
constexpr int cut = 1006; // Nobody sends it: the socket ends without a close frame.
constexpr int identify = 2, resume = 6;

/// Ends the connection by `code`; from then on the gateway answers again.
void end_by(int code) {
  if (code == cut)
    order({{"hold_answer", false}, {"action", "cut"}});
  else
    order({{"hold_answer", false}, {"action", "close"}, {"code", code}});
}

size_t frames(shard_fixture& shard, int op) {
  const auto seen = shard.since_mark().entries;
  return static_cast<size_t>(
    std::count_if(seen.begin(), seen.end(), [op](const entry& e) { return e.what == entry::in && e.op == op; }));
}

using scene = std::function<void(shard_fixture&, test_loop&)>;

/// A shard that was not started, plain and packed.
void each_way(const scene& what) {
  for (const bool packed : {false, true}) {
    CAPTURE(packed);
    calm();
    test_loop in;
    shard_fixture shard{in, {.compressed = packed}};
    what(shard, in);
    calm();
  }
}

/// A shard whose identify has arrived and is not answered.
void while_logging_in(const scene& then) {
  each_way([&](shard_fixture& shard, test_loop& in) {
    order({{"hold_answer", true}});
    shard.mark();
    shard.start();
    REQUIRE(shard.comes_to([&] { return frames(shard, identify) == 1; }));
    then(shard, in);
  });
}

/// A shard in its session.
void when_ready(const scene& then) {
  each_way([&](shard_fixture& shard, test_loop& in) {
    shard.start();
    REQUIRE(shard.logs_in());
    shard.mark();
    then(shard, in);
  });
}

/// A shard whose resume has arrived and is not answered.
void while_resuming(const scene& then) {
  when_ready([&](shard_fixture& shard, test_loop& in) {
    order({{"hold_answer", true}, {"action", "close"}, {"code", 4000}});
    REQUIRE(shard.comes_to([&] { return frames(shard, resume) == 1; }));
    then(shard, in);
  });
}

void check_stopped(shard_fixture& shard, test_loop& in, int code) {
  const auto connections = shard.connects.size();
  CHECK(in.until([&] { return shard.times_heard("stopped " + std::to_string(code)) == 1; }));
  in.sim.advance(1h);
  CHECK(shard.connects.size() == connections);
}
} // namespace

TEST_CASE("shard: a connection closed before READY is followed by IDENTIFY, never by RESUME") {
  for (const int code : {cut, 1000, 1001, 4000, 4007, 4008, 4009})
    while_logging_in([code](shard_fixture& shard, test_loop&) {
      CAPTURE(code);
      end_by(code);
      REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 1; }));
      CHECK(frames(shard, identify) == 2);
      CHECK(frames(shard, resume) == 0);
    });
}

TEST_CASE("shard: a close code after IDENTIFY that forbids to reconnect (4004, 4010 to 4014) stops it") {
  for (const int code : {4004, 4010, 4011, 4012, 4013, 4014})
    while_logging_in([code](shard_fixture& shard, test_loop& in) {
      CAPTURE(code);
      end_by(code);
      check_stopped(shard, in, code);
      CHECK(shard.times_heard("ready") == 0);
    });
}

TEST_CASE("shard: RESUME that is closed before RESUMED is tried again at resume_gateway_url") {
  for (const int code : {cut, 1001, 1011, 4000, 4009})
    while_resuming([code](shard_fixture& shard, test_loop&) {
      CAPTURE(code);
      const auto session = shard.session();
      end_by(code);
      REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
      CHECK(frames(shard, resume) == 2);
      CHECK(frames(shard, identify) == 0);
      CHECK(shard.session() == session);
      CHECK(shard.hears(shard.role_event()));
    });
}

TEST_CASE("shard: a close code during RESUME that ends the session leads to IDENTIFY, or stops it") {
  for (const int code : {1000, 4003, 4007})
    while_resuming([code](shard_fixture& shard, test_loop&) {
      CAPTURE(code);
      const auto session = shard.session();
      end_by(code);
      REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 2; }));
      CHECK(frames(shard, resume) == 1);
      CHECK(shard.session() != session);
    });
  while_resuming([](shard_fixture& shard, test_loop& in) {
    end_by(4004);
    check_stopped(shard, in, 4004);
  });
}

TEST_CASE("shard: a connection zombied again and again is resumed each time, at its second heartbeat without ACK") {
  static constexpr auto heartbeat = 41'250ms; // As the sandbox asks for (shard_fixture.cpp).
  when_ready([](shard_fixture& shard, test_loop& in) {
    const auto session = shard.session();
    for (size_t round = 1; round <= 3; ++round) {
      order({{"acknowledge", false}});
      for (milliseconds passed{0}; shard.state() == "running" && passed <= 2 * heartbeat; passed += 250ms)
        in.sim.advance(250ms);
      order({{"acknowledge", true}});
      REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == round; }));
      CHECK(shard.hears(shard.role_event()));
    }
    CHECK(frames(shard, resume) == 3);
    CHECK(frames(shard, identify) == 0);
    CHECK(shard.session() == session);
  });
}
