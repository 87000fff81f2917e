#include "adapters/discord/rest/server_clock.hpp"

#include "runtime/clock.hpp"
#include "runtime/net/http_date.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord;
using namespace std::chrono_literals;

namespace {
int64_t ours_ms = 0;

/// Discord and this machine, each with its clock; a request takes as long as it is told.
struct bench {
  server_clock clock;
  server_clock::instant now{1'000s};
  int64_t theirs_ms = 1'790'000'000'400;

  explicit bench(std::chrono::milliseconds ahead) {
    ours_ms = theirs_ms + ahead.count();
    set_wall_clock([] { return ours_ms; });
  }
  ~bench() { set_wall_clock(nullptr); }
  void pass(std::chrono::milliseconds time) {
    now += time;
    theirs_ms += time.count();
    ours_ms += time.count();
  }
  server_clock::change ask(std::chrono::milliseconds there = 30ms, std::chrono::milliseconds back = 30ms) {
    const auto sent = now;
    pass(there);
    const auto date = net::http_date(theirs_ms / 1'000);
    pass(back);
    return clock.observe(date, sent, now);
  }
  int64_t error_ms() const { return clock.now_ms(now) - theirs_ms; }
};
using change = server_clock::change;
} // namespace

TEST_CASE("server_clock: the skew is known within what an answer can tell, and better with each") {
  for (const auto ahead : {-3'600'000ms, -300'000ms, -2'500ms, 0ms, 900ms, 60'000ms, 3'600'000ms}) {
    CAPTURE(ahead.count());
    bench b{ahead};
    CHECK(!b.clock.measured(b.now));
    CHECK(b.clock.now_ms(b.now) == ours_ms); // Nothing better is known.
    b.ask();
    auto known = *b.clock.measured(b.now);
    CHECK(known.uncertainty <= 540ms);
    CHECK(std::chrono::abs(known.ahead - ahead) <= known.uncertainty);
    for (int i = 0; i < 40; ++i) {
      b.pass(473ms);
      b.ask();
    }
    known = *b.clock.measured(b.now);
    CHECK(known.uncertainty <= 80ms);
    CHECK(std::chrono::abs(known.ahead - ahead) <= known.uncertainty);
    CHECK(std::abs(b.error_ms()) <= known.uncertainty.count());
  }
}

TEST_CASE("server_clock: above two seconds it warns once, and once when that is over") {
  bench b{60s};
  CHECK(b.ask() == change::skewed);
  for (int i = 0; i < 20; ++i)
    CHECK(b.ask() == change::none);
  ours_ms -= 60'000; // Somebody sets it right.
  CHECK(b.ask() == change::over);
  CHECK(b.ask() == change::none);
  ours_ms -= 300'000;
  CHECK(b.ask() == change::skewed);
}

TEST_CASE("server_clock: what a slow answer leaves open is no skew") {
  bench b{1'500ms};
  for (int i = 0; i < 20; ++i) {
    CHECK(b.ask(4'000ms, 10ms) == change::none);
    CHECK(b.ask(10ms, 4'000ms) == change::none);
  }
}

TEST_CASE("server_clock: setting this machine's clock changes the skew and not Discord's time") {
  bench b{0ms};
  b.ask();
  const auto before = b.error_ms();
  ours_ms += 3'600'000;
  CHECK(b.error_ms() == before);
  CHECK(b.clock.measured(b.now)->ahead > 3'599s);
}

TEST_CASE("server_clock: an answer that contradicts all others begins anew; one without a date teaches nothing") {
  bench b{0ms};
  for (int i = 0; i < 40; ++i) {
    b.pass(473ms);
    b.ask();
  }
  CHECK(b.clock.observe("", b.now, b.now) == change::none);
  CHECK(b.clock.observe("yesterday", b.now, b.now) == change::none);
  CHECK(std::abs(b.error_ms()) < 100);
  b.theirs_ms += 10'000; // Discord's own clock is set.
  CHECK(b.ask() == change::skewed);
  CHECK(std::abs(b.error_ms()) <= 540);
}
