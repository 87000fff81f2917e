#include "runtime/net/quota.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net;
using verdict = quota::verdict;

namespace {
peer_key peer(uint8_t number) {
  peer_key out;
  out.bytes[0] = number;
  return out;
}
} // namespace

TEST_CASE("quota: one peer gets no more than its own limit, all together no more than the limit of all") {
  const auto of = std::make_shared<quota>(10, 4);
  quota::share one{of, peer(1)}, again{of, peer(1)}, two{of, peer(2)}, nobody{of, std::nullopt};
  CHECK(one.resize(3) == verdict::granted);
  CHECK(again.resize(2) == verdict::peer_full);
  CHECK(again.resize(1) == verdict::granted);
  CHECK(two.resize(4) == verdict::granted);
  CHECK(nobody.resize(3) == verdict::full);
  CHECK(nobody.resize(2) == verdict::granted);
  CHECK(of->all() == 10);
  quota::share three{of, peer(3)};
  CHECK(three.resize(1) == verdict::full);
  CHECK(three.resize(4, true) == verdict::granted);
  CHECK(three.resize(5, true) == verdict::peer_full);
  CHECK(of->all() == 14);
}

TEST_CASE("quota: what is refused changes nothing, and what ends is given back") {
  const auto of = std::make_shared<quota>(10, 5);
  {
    quota::share one{of, peer(1)};
    CHECK(one.resize(5) == verdict::granted);
    CHECK(one.resize(6) == verdict::peer_full);
    CHECK(one.amount() == 5);
    CHECK(one.resize(2) == verdict::granted);
    quota::share moved{std::move(one)};
    one = {of, peer(2)};
    CHECK(one.resize(5) == verdict::granted);
    CHECK(of->all() == 7);
    one = std::move(moved);
    CHECK(of->all() == 2);
    CHECK(one.resize(SIZE_MAX) == verdict::peer_full);
  }
  CHECK(of->all() == 0);
}

TEST_CASE("quota: a share of nothing is always granted") {
  quota::share none;
  CHECK(none.resize(1'000'000) == verdict::granted);
}
