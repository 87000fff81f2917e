#include "runtime/clock.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace arrakis;

TEST_CASE("clock: a test sets the wall clock and gives it back") {
  set_wall_clock([]() -> int64_t { return 42; });
  CHECK(wall_ms() == 42);
  set_wall_clock(nullptr);
  CHECK(wall_ms() > 1'700'000'000'000);
}

TEST_CASE("clock: instants are written in ISO 8601 with milliseconds, in UTC") {
  CHECK(iso8601(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso8601(1'709'210'096'789) == "2024-02-29T12:34:56.789Z");
  CHECK(iso8601(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("clock: random ids have their form and do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto id = random_uuid();
    CHECK(id.size() == 36);
    CHECK(id[14] == '4');
    CHECK(std::string{"89ab"}.find(id[19]) != std::string::npos);
    CHECK(seen.insert(id).second);
  }
  CHECK(random_hex(16).size() == 32);
}

TEST_CASE("clock: jitter is below one and repeats from its seed") {
  seed_jitter(7);
  const double first = jitter();
  for (int i = 0; i < 1000; ++i) {
    const double x = jitter();
    CHECK((x >= 0 && x < 1));
  }
  seed_jitter(7);
  CHECK(jitter() == first);
}
