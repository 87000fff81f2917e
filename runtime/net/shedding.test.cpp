#include "runtime/net/shedding.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net::shedding;
using verdict = room::verdict;

TEST_CASE("shedding: the longest idle is closed first, then the longest half sent, and last what has just come") {
  const auto idle = rank_now(waiting::idle), half = rank_now(waiting::half_sent), silent = rank_now(waiting::silent);
  const auto now = steady_ms();
  CHECK(order_of(idle, now) < order_of(half, now));
  CHECK(order_of(half, now) < order_of(silent, now));
  CHECK(order_of(silent, now + 200) < order_of(half, now + 200)); // By then it is idle.
  std::vector<candidate<int>> all{{silent, std::make_shared<int>(3)},
                                  {busy, std::make_shared<int>(0)},
                                  {half, std::make_shared<int>(2)},
                                  {idle, std::make_shared<int>(1)}};
  keep_soonest(all, 2);
  REQUIRE(all.size() == 2);
  CHECK(*all[0].one == 1);
  CHECK(*all[1].one == 2);
}

TEST_CASE("shedding: what is chosen makes room once, and what was chosen and went on makes none") {
  room subject;
  CHECK(subject.judge(4, 4) == verdict::search);
  subject.choose(2);
  CHECK(subject.judge(4, 4) == verdict::granted);
  CHECK(subject.judge(5, 4) == verdict::granted); // One newcomer has come in; the other choice is for this one.
  CHECK(subject.judge(6, 4) == verdict::search);
  subject.asked();
  subject.asked(); // Both went on: nothing was closed.
  CHECK(subject.judge(6, 4) == verdict::search);
}

TEST_CASE("shedding: at the bound a newcomer waits for those that are closing, and others are chosen when none are") {
  room subject;
  const size_t most = 100, bound = most + room::at_once_max;
  subject.choose(40);
  CHECK(subject.judge(bound - 1, most) == verdict::granted);
  CHECK(subject.judge(bound, most) == verdict::full);
  for (int i = 0; i < 40; ++i)
    subject.asked();
  CHECK(subject.judge(bound, most) == verdict::search);
}
