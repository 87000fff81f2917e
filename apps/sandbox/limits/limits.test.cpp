#include "apps/sandbox/limits/limits.hpp"

#include <doctest/doctest.h>

using namespace arrakis::sandbox::limits;

namespace {
constexpr int64_t ms = 1000;
const arrival read_roles{.route = "GET /guilds/{guild}/roles", .major = "1", .caller = "bot"};
arrival send_to(std::string_view channel, std::string_view caller = "bot") {
  return {.route = "POST /channels/{channel}/messages", .major = channel, .caller = caller};
}
} // namespace

TEST_CASE("limits: fifty requests pass in any second, the next is a global 429 until the oldest is a second old") {
  limiter l;
  l.changed["GET /guilds/{guild}/roles"] = {"read", 1000, 1000};
  for (int i = 0; i < 50; ++i)
    CHECK(l.arrive(read_roles, i * ms).refused == scope::none);
  const auto refused = l.arrive(read_roles, 999 * ms);
  CHECK(refused.refused == scope::global);
  CHECK(refused.retry_after_ms == 1);
  CHECK(l.arrive(read_roles, 1000 * ms).refused == scope::none); // the first has left the second, the next has not
  CHECK(l.arrive(read_roles, 1000 * ms).refused == scope::global);
  CHECK(l.peak_per_second() >= 51);
}

TEST_CASE("limits: a window that is counted per clock second would let a hundred through") {
  limiter l;
  l.changed["GET /guilds/{guild}/roles"] = {"read", 1000, 1000};
  int passed = 0;
  for (int i = 0; i < 50; ++i)
    passed += l.arrive(read_roles, 990 * ms).refused == scope::none ? 1 : 0;
  for (int i = 0; i < 50; ++i)
    passed += l.arrive(read_roles, 1010 * ms).refused == scope::none ? 1 : 0;
  CHECK(passed == 50);
}

TEST_CASE("limits: interaction callbacks are not counted against the global limit") {
  limiter l;
  arrival callback{
    .route = "POST /interactions/{interaction}/{token}/callback", .major = "1", .caller = "bot", .global_exempt = true};
  for (int i = 0; i < 500; ++i)
    CHECK(l.arrive(callback, 0).refused == scope::none);
  CHECK(l.arrive(read_roles, 0).refused == scope::none);
}

TEST_CASE("limits: a bucket counts per channel and opens with its first request") {
  limiter l;
  for (int i = 0; i < 5; ++i) {
    const auto d = l.arrive(send_to("1"), 0);
    CHECK(d.refused == scope::none);
    CHECK(d.limit == 5);
    CHECK(d.remaining == 4 - i);
    CHECK(d.reset_after_ms == 5000);
  }
  const auto refused = l.arrive(send_to("1"), 2000 * ms);
  CHECK(refused.refused == scope::user);
  CHECK(refused.retry_after_ms == 3000);
  CHECK(refused.remaining == 0);
  CHECK(l.arrive(send_to("2"), 2000 * ms).refused == scope::none);
  CHECK(l.arrive(send_to("1"), 5000 * ms).refused == scope::none);
}

TEST_CASE("limits: routes of one family share a bucket and its name") {
  limiter l;
  const arrival put{.route = "PUT /guilds/{guild}/members/{user}/roles/{role}", .major = "1", .caller = "bot"};
  const arrival remove{.route = "DELETE /guilds/{guild}/members/{user}/roles/{role}", .major = "1", .caller = "bot"};
  const auto first = l.arrive(put, 0);
  const auto second = l.arrive(remove, 0);
  CHECK(first.bucket == second.bucket);
  CHECK(second.remaining == first.remaining - 1);
}

TEST_CASE("limits: a resource that all applications share refuses with scope shared, which is no invalid request") {
  limiter l;
  l.shared["POST /channels/{channel}/messages"] = {"channel", 3, 1000};
  CHECK(l.arrive(send_to("1", "bot a"), 0).refused == scope::none);
  CHECK(l.arrive(send_to("1", "bot b"), 0).refused == scope::none);
  CHECK(l.arrive(send_to("1", "bot a"), 0).refused == scope::none);
  const auto d = l.arrive(send_to("1", "bot b"), 0);
  CHECK(d.refused == scope::shared);
  l.answered(429, d.refused, 0);
  CHECK(l.invalid_in_window(0) == 0);
}

TEST_CASE("limits: renaming a channel is limited to two in ten minutes although the bucket has tokens left") {
  limiter l;
  const arrival rename{.route = "PATCH /channels/{channel}", .major = "1", .caller = "bot", .sublimited = true};
  CHECK(l.arrive(rename, 0).refused == scope::none);
  CHECK(l.arrive(rename, 0).refused == scope::none);
  const auto d = l.arrive(rename, 0);
  CHECK(d.refused == scope::user);
  CHECK(d.remaining > 0);
  CHECK(d.retry_after_ms == 600'000);
}

TEST_CASE("limits: ten thousand invalid requests in ten minutes bring the HTML ban, and it passes") {
  limiter l;
  for (int i = 0; i < 9'999; ++i)
    l.answered(i % 2 ? 401 : 403, scope::none, 0);
  CHECK(l.arrive(read_roles, 0).refused == scope::none);
  l.answered(429, scope::user, 1);
  CHECK(l.arrive(read_roles, 2).refused == scope::banned);
  CHECK(l.arrive(read_roles, 601'000 * ms).refused == scope::none);
}

TEST_CASE("limits: switched off nothing is refused, and arrivals are still counted") {
  limiter l;
  l.enabled = false;
  for (int i = 0; i < 500; ++i)
    CHECK(l.arrive(read_roles, 0).refused == scope::none);
  CHECK(l.peak_per_second() == 500);
}
