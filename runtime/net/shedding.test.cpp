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

TEST_CASE(
  "shedding: bytes are given back by what is half sent longest, never by the newcomer, and only if they are enough") {
  const auto one = std::make_shared<int>(1), two = std::make_shared<int>(2), three = std::make_shared<int>(3);
  holders<int> subject;
  subject.note(three, 30, 300);
  subject.note(one, 10, 50);
  subject.note(one, 10, 100); // The request grew.
  subject.note(two, 20, 200);
  const auto first = [&](size_t wanted, const int* newcomer) {
    std::vector<int> out;
    for (const auto& each : subject.first_with(wanted, newcomer))
      out.push_back(*each.one);
    return out;
  };
  CHECK(first(100, nullptr) == std::vector{1});
  CHECK(first(101, nullptr) == std::vector{1, 2});
  CHECK(first(100, one.get()) == std::vector{2});
  CHECK(first(600, nullptr) == std::vector{1, 2, 3});
  CHECK(first(601, nullptr).empty());
  subject.note(one, 10, 0);
  subject.forget(two.get(), 20);
  CHECK(first(100, nullptr) == std::vector{3});
}

// Negative control: without the bound the whole list would be walked for each newcomer.
TEST_CASE("shedding: however many hold bytes, a newcomer makes a bounded number of them end") {
  std::vector<std::shared_ptr<int>> all;
  holders<int> subject;
  for (int i = 0; i < 10'000; ++i)
    subject.note(all.emplace_back(std::make_shared<int>(i)), 1'000 + i, 1);
  CHECK(subject.first_with(room::at_once_max, nullptr).size() == room::at_once_max);
  CHECK(subject.first_with(room::at_once_max + 1, nullptr).empty());
}
