#include "adapters/discord/shards/lease_term.hpp"

#include <doctest/doctest.h>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using arrakis::discord::shards::lease_term;

namespace {
constexpr lease_term::instant start{1'000s};
}

TEST_CASE("lease_term: it holds until its end, and a renewal in time moves the end") {
  lease_term term{start + 6s};
  CHECK(term.is_valid(start));
  CHECK(term.is_valid(start + 6s - 1ns));
  CHECK(term.extend(start + 5s, start + 11s));
  CHECK(term.until() == start + 11s);
  CHECK(term.is_valid(start + 10s));
  CHECK(term.extend(start + 6s, start + 8s)); // An answer that was overtaken does not shorten it.
  CHECK(term.until() == start + 11s);
}

TEST_CASE("lease_term: once it was seen over, no late renewal brings it back") {
  lease_term term{start + 6s};
  CHECK_FALSE(term.is_valid(start + 6s));
  CHECK_FALSE(term.extend(start + 5s, start + 20s)); // By a clock that was read before.
  CHECK_FALSE(term.is_valid(start));

  lease_term late{start + 6s};
  CHECK_FALSE(late.extend(start + 7s, start + 20s)); // Nobody has looked, and it is over all the same.

  lease_term ended{start + 6s};
  ended.end();
  CHECK_FALSE(ended.is_valid(start));
  CHECK_FALSE(ended.extend(start, start + 20s));
}

TEST_CASE("lease_term: threads that look and renew at the same time agree that it is over") {
  for (int round = 0; round < 200; ++round) {
    lease_term term{start + 6s};
    bool renewed = false, held = true;
    std::thread one{[&] { renewed = term.extend(start + 5s, start + 12s); }};
    std::thread two{[&] { held = term.is_valid(start + 7s); }};
    one.join();
    two.join();
    CHECK(renewed == term.is_valid(start + 7s));
    if (held)
      CHECK(renewed);
  }
}
