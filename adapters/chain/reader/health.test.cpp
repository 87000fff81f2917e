#include "adapters/chain/reader/health.hpp"

#include <doctest/doctest.h>

using namespace arrakis::chain::reader;
using namespace std::chrono_literals;

namespace {
const endpoint_health::instant start{1h};
}

TEST_CASE("endpoint health: half of at least five requests that failed open the breaker, one that tries closes it") {
  endpoint_health at;
  for (int i = 0; i < 4; ++i)
    at.failed(start);
  CHECK(at.may_ask(start)); // Four are too few to judge.
  at.failed(start);
  CHECK(at.is_open());
  CHECK_FALSE(at.may_ask(start + 9'999ms));
  CHECK(at.may_ask(start + 10s));
  at.begin(start + 10s);
  CHECK_FALSE(at.may_ask(start + 10s)); // One tries, no second one.
  at.failed(start + 11s);
  CHECK_FALSE(at.may_ask(start + 20s));
  at.begin(start + 21s);
  at.succeeded(5ms);
  CHECK_FALSE(at.is_open());
  at.failed(start + 22s);
  CHECK(at.may_ask(start + 22s)); // Earlier failures count no more.
}

TEST_CASE("endpoint health: a failure now and then opens nothing") {
  endpoint_health at;
  for (int i = 0; i < 50; ++i) {
    at.succeeded(5ms);
    at.succeeded(5ms);
    at.failed(start);
    CHECK_FALSE(at.is_open());
  }
}

TEST_CASE("endpoint health: a request that was taken back lets the next one try") {
  endpoint_health at;
  for (int i = 0; i < 5; ++i)
    at.failed(start);
  at.begin(start + 10s);
  at.cancelled();
  CHECK(at.may_ask(start + 10s));
}

TEST_CASE("endpoint health: the p95 is known after ten answers, and forgets") {
  endpoint_health at;
  CHECK(at.p95() == 500ms);
  for (int i = 1; i <= 100; ++i)
    at.succeeded(std::chrono::milliseconds{i});
  CHECK(at.p95() == 95ms);
  for (int i = 0; i < 100; ++i)
    at.succeeded(2ms);
  CHECK(at.p95() == 2ms);
}
