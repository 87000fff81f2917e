#include "tests/contracts/budget.hpp"

#include "runtime/error.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <vector>

namespace arrakis::test {
namespace {
using namespace discord::budget;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

names numbered(const std::string& prefix, size_t count) {
  names list;
  for (size_t i = 0; i < count; ++i)
    list.push_back(prefix + std::to_string(i));
  return list;
}
granted must(caf::expected<granted> result) {
  if (!result)
    FAIL(text_of(result.error()));
  return *result;
}
size_t take(const budget_bench& b, names wanted) { return must(b.trade({.wanted = std::move(wanted)})).count; }

budget_bench awake(const std::function<budget_bench(int)>& fresh, int slots_max) {
  auto b = fresh(slots_max);
  take(b, {"first"});
  b.pass(2'000ms);
  return b;
}

void told_holds(const std::function<budget_bench(int)>& fresh) {
  SUBCASE("a told hold comes to whoever has not seen it, once, with what is left of it") {
    auto b = awake(fresh, 50);
    const auto before = must(b.trade({})).holds_version;
    must(b.trade({.told = {{"PATCH /channels/{channel}\n7", 60'000ms}}}));
    b.pass(20'000ms);
    const auto seen = must(b.trade({.holds_seen = before}));
    REQUIRE(seen.holds.size() == 1);
    CHECK(seen.holds[0].place == "PATCH /channels/{channel}\n7");
    CHECK(seen.holds[0].left > 30'000ms);
    CHECK(seen.holds[0].left <= 60'002ms); // Rounded up.
    CHECK(must(b.trade({.wanted = {"a"}, .holds_seen = seen.holds_version})).holds.empty());
    must(b.trade({.told = {{"PATCH /channels/{channel}\n7", 1'000ms}, {"other\n", 5'000ms}}}));
    const auto again = must(b.trade({.wanted = {"b"}, .holds_seen = seen.holds_version}));
    CHECK(again.count == 1);
    CHECK(again.holds.size() == 2); // And the first is not shortened.
    CHECK(std::any_of(again.holds.begin(), again.holds.end(), [](const hold& h) { return h.left > 30'000ms; }));
  }
}
} // namespace

size_t most_arrivals_in_a_second(const budget_bench& b) {
  take(b, {"first"});
  b.pass(2'000ms);
  std::mt19937 random{20261124};
  struct flight {
    std::string name;
    int arrives, answered;
  };
  std::vector<flight> flights;
  std::vector<int> arrivals;
  constexpr int step = 20;
  for (int now = 0; now < 12'000; now += step) {
    exchange x;
    for (auto f = flights.begin(); f != flights.end();)
      if (f->answered <= now) {
        x.answered.push_back(f->name);
        f = flights.erase(f);
      } else {
        ++f;
      }
    x.wanted = numbered("t" + std::to_string(now) + "-", 3);
    const auto got = must(b.trade(x)).count;
    for (size_t i = 0; i < got; ++i) {
      const int arrives = now + static_cast<int>(random() % 500);
      arrivals.push_back(arrives);
      flights.push_back({x.wanted[i], arrives, arrives + static_cast<int>(random() % 500)});
    }
    b.pass(std::chrono::milliseconds{step});
  }
  std::sort(arrivals.begin(), arrivals.end());
  constexpr int second = 990; // A real server rounds to milliseconds.
  size_t most = 0;
  for (size_t first = 0, last = 0; last < arrivals.size(); ++last) {
    while (arrivals[last] - arrivals[first] > second)
      ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

void budget_contract(const std::function<budget_bench(int)>& fresh) {
  SUBCASE("nobody gets a slot before it is known that nothing was granted a moment ago") {
    auto b = fresh(50);
    const auto first = must(b.trade({.wanted = {"a"}}));
    CHECK(first.count == 0);
    CHECK(first.retry >= use_within + way_max + 1'000ms); // All that was granted before has arrived, a second ago.
    b.pass(2'000ms);
    CHECK(take(b, {"a"}) == 1);
  }
  SUBCASE("no more than slots_max are held at once, and the answer says when to ask again") {
    auto b = awake(fresh, 3);
    const auto got = must(b.trade({.wanted = numbered("a", 5)}));
    CHECK(got.count == 3);
    CHECK(got.retry > 0ms);
    CHECK(got.retry <= hold_max + 2ms); // Rounded up.
  }
  SUBCASE("a slot falls free one second after the answer, not before") {
    auto b = awake(fresh, 1);
    REQUIRE(take(b, {"a"}) == 1);
    b.pass(400ms);
    must(b.trade({.answered = {"a"}}));
    b.pass(990ms);
    CHECK(take(b, {"b"}) == 0);
    b.pass(20ms);
    CHECK(take(b, {"b"}) == 1);
  }
  SUBCASE("an unused slot is free at once") {
    auto b = awake(fresh, 1);
    REQUIRE(take(b, {"a"}) == 1);
    must(b.trade({.unused = {"a"}}));
    CHECK(take(b, {"b"}) == 1);
  }
  SUBCASE("asking again for the same names takes nothing twice") {
    auto b = awake(fresh, 2);
    REQUIRE(take(b, {"a"}) == 1);
    CHECK(take(b, {"a"}) == 1);
    CHECK(take(b, {"b"}) == 1);
    CHECK(take(b, {"c"}) == 0);
  }
  SUBCASE("the slot of an owner that died ends by itself, after the longest life of a call") {
    auto b = awake(fresh, 1);
    REQUIRE(take(b, {"a"}) == 1);
    b.pass(hold_max - 10ms);
    CHECK(take(b, {"b"}) == 0);
    b.pass(20ms);
    CHECK(take(b, {"b"}) == 1);
  }
  SUBCASE("after a global 429 nobody gets a slot until it is over") {
    auto b = awake(fresh, 50);
    must(b.trade({.hold_off = 2'000ms}));
    b.pass(1'990ms);
    CHECK(take(b, {"a"}) == 0);
    b.pass(20ms);
    CHECK(take(b, {"a"}) == 1);
  }
  told_holds(fresh);
  SUBCASE("however late requests arrive, any second sees at most slots_max") {
    const auto most = most_arrivals_in_a_second(fresh(50));
    CHECK(most <= 50);
    CHECK(most > 20);
  }
}
} // namespace arrakis::test
