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
using names = std::vector<slot>;

names numbered(const std::string& prefix, size_t count) {
  names list;
  for (size_t i = 0; i < count; ++i)
    list.emplace_back(prefix + std::to_string(i));
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

void new_holds(const std::function<budget_bench(int)>& fresh) {
  SUBCASE("a new hold is sent once to each process that has not seen it, with its remaining time") {
    auto b = awake(fresh, 50);
    const auto before = must(b.trade({})).holds_version;
    must(b.trade({.new_holds = {{"PATCH /channels/{channel}\n7", 60'000ms}}}));
    b.pass(20'000ms);
    const auto seen = must(b.trade({.holds_seen = before}));
    REQUIRE(seen.holds.size() == 1);
    CHECK(seen.holds[0].route_key == "PATCH /channels/{channel}\n7");
    CHECK(seen.holds[0].left > 30'000ms);
    CHECK(seen.holds[0].left <= 60'002ms); // Rounded up.
    CHECK(must(b.trade({.wanted = {"a"}, .holds_seen = seen.holds_version})).holds.empty());
    must(b.trade({.new_holds = {{"PATCH /channels/{channel}\n7", 1'000ms}, {"other\n", 5'000ms}}}));
    const auto again = must(b.trade({.wanted = {"b"}, .holds_seen = seen.holds_version}));
    CHECK(again.count == 1);
    CHECK(again.holds.size() == 2); // And the first is not shortened.
    CHECK(std::any_of(again.holds.begin(), again.holds.end(), [](const hold& h) { return h.left > 30'000ms; }));
  }
}
const std::string route_key = "GET /guilds/{guild}/audit-logs\n7";

answered_slot answered(std::string name, int remaining, std::chrono::milliseconds reset_after,
                       std::string at = route_key) {
  return {slot{std::move(name), std::move(at)}, bucket_state{"logs", 3, remaining, reset_after}};
}
/// Wait for the bucket; 0: the slot is granted.
std::chrono::milliseconds wait_for(const budget_bench& b, std::string name, std::string at = route_key) {
  const auto got = must(b.trade({.wanted = {{std::move(name), std::move(at)}}}));
  CHECK(got.count + got.closed.size() == 1);
  return got.closed.empty() ? 0ms : got.closed[0].wait;
}
/// A bucket of 3 calls in 5 s, of which one was used just now.
budget_bench used_once(const std::function<budget_bench(int)>& fresh) {
  auto b = awake(fresh, 50);
  CHECK(wait_for(b, "a") == 0ms);
  must(b.trade({.answered = {answered("a", 2, 5'000ms)}}));
  return b;
}

void drained_buckets(const std::function<budget_bench(int)>& fresh) {
  SUBCASE("a call of a process that died before the answer counts in its bucket") {
    auto b = used_once(fresh);
    CHECK(wait_for(b, "dead:1") == 0ms);
    CHECK(wait_for(b, "dead:2") == 0ms);
    const auto wait = wait_for(b, "b");
    CHECK(wait > 4'000ms);
    CHECK(wait <= 5'002ms);
    b.pass(wait + 2ms);
    CHECK(wait_for(b, "b") == 0ms);
    CHECK(wait_for(b, "c") > 0ms); // The two may arrive late, in the new window.
  }
  SUBCASE("a bucket that the headers call empty is closed to every process until its reset, others are not") {
    auto b = used_once(fresh);
    CHECK(wait_for(b, "b") == 0ms);
    must(b.trade({.answered = {answered("b", 0, 2'000ms)}}));
    CHECK(wait_for(b, "c") > 1'000ms);
    CHECK(wait_for(b, "d", "GET /guilds/{guild}/audit-logs\n8") == 0ms);
    CHECK(wait_for(b, "e", "") == 0ms);
    b.pass(2'010ms);
    CHECK(wait_for(b, "c") == 0ms);
  }
  SUBCASE("a closed bucket leaves the slots of an exchange to the other calls, by index") {
    auto b = used_once(fresh);
    CHECK(wait_for(b, "b") == 0ms);
    must(b.trade({.answered = {answered("b", 0, 5'000ms)}}));
    const auto got = must(b.trade({.wanted = {{"c", route_key}, {"d", "GET r\n1"}, {"e", route_key}}}));
    CHECK(got.count == 1);
    REQUIRE(got.closed.size() == 2);
    CHECK(got.closed[0].index == 0);
    CHECK(got.closed[1].index == 2);
  }
  SUBCASE("two processes with calls in flight take no more than the bucket has, whichever answer comes first") {
    auto b = used_once(fresh);
    CHECK(wait_for(b, "one") == 0ms);
    CHECK(wait_for(b, "two") == 0ms);
    must(b.trade({.answered = {answered("two", 0, 4'900ms)}}));
    must(b.trade({.answered = {answered("one", 1, 4'900ms)}})); // Older: Discord had it first.
    CHECK(wait_for(b, "three") > 0ms);
  }
}

void buckets_of_several(const std::function<budget_bench(int)>& fresh) {
  SUBCASE("before the limit of a route is known, one call of all processes finds it out") {
    auto b = awake(fresh, 50);
    CHECK(wait_for(b, "a") == 0ms);
    CHECK(wait_for(b, "b") == bucket_retry);
    must(b.trade({.unused = {{"a", route_key}}})); // Not sent.
    CHECK(wait_for(b, "b") == 0ms);
    must(b.trade({.answered = {answered("b", 2, 5'000ms)}}));
    CHECK(wait_for(b, "c") == 0ms);
    CHECK(wait_for(b, "d") == 0ms);
    CHECK(wait_for(b, "e") > 0ms);
  }
  SUBCASE("a call that was not sent returns to its bucket") {
    auto b = used_once(fresh);
    CHECK(wait_for(b, "b") == 0ms);
    CHECK(wait_for(b, "c") == 0ms);
    must(b.trade({.unused = {{"c", route_key}}}));
    CHECK(wait_for(b, "d") == 0ms);
    CHECK(wait_for(b, "e") > 0ms);
  }
  SUBCASE("asking again for a slot takes one call, not two") {
    auto b = used_once(fresh);
    CHECK(wait_for(b, "b") == 0ms);
    CHECK(wait_for(b, "b") == 0ms);
    CHECK(wait_for(b, "c") == 0ms);
  }
  SUBCASE("routes of one hash share a bucket") {
    auto b = used_once(fresh);
    const std::string other = "DELETE other\n7";
    CHECK(wait_for(b, "b", other) == 0ms);
    must(b.trade({.answered = {answered("b", 1, 4'900ms, other)}}));
    CHECK(wait_for(b, "c") == 0ms);
    CHECK(wait_for(b, "d", other) > 0ms);
  }
  SUBCASE("a route without a bucket has any number of calls in flight") {
    auto b = awake(fresh, 50);
    CHECK(wait_for(b, "a") == 0ms);
    must(b.trade({.answered = {answered_slot{slot{"a", route_key}, bucket_state{}}}}));
    for (const auto* name : {"b", "c", "d", "e"})
      CHECK(wait_for(b, name) == 0ms);
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
        x.answered.emplace_back(f->name);
        f = flights.erase(f);
      } else {
        ++f;
      }
    x.wanted = numbered("t" + std::to_string(now) + "-", 3);
    const auto got = must(b.trade(x)).count;
    for (size_t i = 0; i < got; ++i) {
      const int arrives = now + static_cast<int>(random() % 500);
      arrivals.push_back(arrives);
      flights.push_back({x.wanted[i].name, arrives, arrives + static_cast<int>(random() % 500)});
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
    CHECK(first.retry
          >= use_within + network_delay_max + 1'000ms); // All that was granted before has arrived, a second ago.
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
  new_holds(fresh);
  drained_buckets(fresh);
  buckets_of_several(fresh);
  SUBCASE("however late requests arrive, any second sees at most slots_max") {
    const auto most = most_arrivals_in_a_second(fresh(50));
    CHECK(most <= 50);
    CHECK(most > 20);
  }
}
} // namespace arrakis::test
