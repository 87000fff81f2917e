// The right to identify: one in 5 s for each value of shard % max_concurrency, and no more than Discord has left.
#include "tests/shards/shard_fixture.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <optional>

using namespace arrakis;
using namespace arrakis::shards_test;
using namespace std::chrono_literals;
namespace gateway = discord::gateway;

namespace {
constexpr auto spacing = 5'000ms; // https://discord.com/developers/docs/events/gateway#rate-limiting

struct identified {
  int shard = 0;
  milliseconds at{0};
};
/// Empty: never two of a bucket within 5 s.
std::string judge_buckets(const std::vector<identified>& all, int max_concurrency) {
  for (const auto& a : all)
    for (const auto& b : all)
      if (a.shard < b.shard && a.shard % max_concurrency == b.shard % max_concurrency
          && std::chrono::abs(a.at - b.at) < spacing)
        return fmt::format("shards {} and {} identified within {} ms", a.shard, b.shard,
                           std::chrono::abs(a.at - b.at).count());
  return {};
}

/// `count` shards of one process that start together, until all are ready.
std::vector<identified> started(int count, const gateway::identify_pacing& pacing) {
  test_loop in;
  std::vector<std::unique_ptr<shard_fixture>> all;
  const auto began = in.now();
  for (int i = 0; i < count; ++i) {
    all.push_back(std::make_unique<shard_fixture>(
      in, shard_fixture::options{.shard_id = i, .shard_count = count, .pacing = pacing}));
    all.back()->start();
  }
  for (auto& each : all)
    REQUIRE(each->comes_to([&] { return each->times_heard("ready") == 1; }));
  std::vector<identified> out;
  for (int i = 0; i < count; ++i)
    for (const auto& each : all[static_cast<size_t>(i)]->sends)
      if (each.text.starts_with(R"({"op":2)"))
        out.push_back({i, std::chrono::duration_cast<milliseconds>(each.at - began)});
  return out;
}
} // namespace

TEST_CASE("shards: IDENTIFY is sent every 5 s per rate limit key (max_concurrency), and in parallel over keys") {
  for (const int max_concurrency : {1, 2, 4}) {
    calm();
    const auto all = started(4, gateway::local_pacing(max_concurrency));
    REQUIRE(all.size() == 4);
    CHECK(judge_buckets(all, max_concurrency) == "");
    const auto last = std::max_element(all.begin(), all.end(), [](auto& a, auto& b) { return a.at < b.at; });
    CHECK(last->at < spacing * (4 / max_concurrency)); // No slower than they must be.
  }
}

TEST_CASE("shards: negative control: without pacing max_concurrency is exceeded, and the sandbox answers op 9") {
  calm();
  const auto all = started(2, [](int, gateway::time_point, auto granted) { granted(milliseconds{0}); });
  CHECK(judge_buckets(all, 1) != "");
  discord_stack().sandbox("POST", "limits", boost::json::object{{"gateway", true}});
  const auto refused = [] { return discord_stack().sandbox("GET", "gateway").at("invalid_sessions").to_number<int>(); };
  const auto before = refused();
  test_loop in;
  shard_fixture first{in,
                      {.shard_id = 0, .shard_count = 2, .pacing = [](int, gateway::time_point, auto g) { g(0ms); }}};
  shard_fixture second{in,
                       {.shard_id = 1, .shard_count = 2, .pacing = [](int, gateway::time_point, auto g) { g(0ms); }}};
  first.start();
  second.start();
  CHECK(in.until([&] { return refused() > before; }));
  calm();
}

TEST_CASE("shards: with session_start_limit used up (remaining 0) no shard sends IDENTIFY until reset_after") {
  calm();
  order({{"starts_left", 0}});
  discord_stack().sandbox("POST", "limits", boost::json::object{{"gateway", true}});
  test_loop in;
  const auto start = gateway::start_limit{.total = 1000, .remaining = 0, .reset_after = 30min};
  shard_fixture shard{in, {.pacing = gateway::within_start_limit(gateway::local_pacing(1), start, in.now())}};
  shard.start();
  REQUIRE(in.until([&] { return shard.state() == "permission"; }));
  const auto began = in.now();
  while (in.now() - began < 29min) {
    in.sim.advance(10s);
    in.inbox->run();
  }
  CHECK(shard.status().identifies == 0);
  order({{"starts_left", 1000}});
  calm();
  REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 1; }));
  CHECK(shard.status().identifies == 1);
}

TEST_CASE("shards: negative control: without session_start_limit a shard's token is reset by Discord") {
  calm();
  order({{"starts_left", 0}});
  discord_stack().sandbox("POST", "limits", boost::json::object{{"gateway", true}});
  test_loop in;
  shard_fixture shard{in, {.pacing = gateway::local_pacing(1)}};
  shard.start();
  CHECK(in.until([&] { return shard.times_heard("stopped 4004") == 1; }));
  calm();
}
