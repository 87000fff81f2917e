#include "adapters/chain/reader/blocks.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::chain;
using namespace arrakis::chain::reader;
using namespace std::chrono_literals;

namespace {
chain_tip at(std::string endpoint, int64_t number, std::optional<int64_t> tagged = {}, int64_t time_s = 1'000) {
  chain_tip out{std::move(endpoint), {number, "0x"}, time_s, {}};
  if (tagged)
    out.tagged = block_id{*tagged, "0x"};
  return out;
}
block_terms terms(block_policy policy, size_t needed = 2) {
  block_terms out;
  out.policy = policy;
  out.needed = needed;
  out.block_time = 2s;
  out.tip_age_max = 60s;
  out.now_s = 1'010;
  out.chain = "Base";
  return out;
}
const block_policy newest{block_policy::below_tip, 0}, two_below{block_policy::below_tip, 2}, safe{block_policy::safe},
  finalized{block_policy::finalized};

std::string chosen(const std::vector<chain_tip>& tips, const block_terms& how) {
  const auto result = choose_block(tips, how);
  if (const auto* number = std::get_if<int64_t>(&result))
    return std::to_string(*number);
  return std::get<unknown_reason>(result).detail;
}
} // namespace

TEST_CASE("blocks: below the tip that a majority has reached") {
  CHECK(chosen({at("a", 100), at("b", 101), at("c", 103)}, terms(newest)) == "101");
  CHECK(chosen({at("a", 100), at("b", 101), at("c", 103)}, terms(two_below)) == "99");
  CHECK(chosen({at("a", 100), at("b", 101)}, terms(newest)) == "100");
  CHECK(chosen({at("a", 100)}, terms(newest, 1)) == "100");
  CHECK(chosen({at("a", 1)}, terms(two_below, 1)) == "Base has fewer than 3 blocks yet");
  CHECK(chosen({at("a", 2)}, terms(two_below, 1)) == "0");
}

TEST_CASE("blocks: too few endpoints choose none") {
  CHECK(chosen({}, terms(newest)) == "no endpoint of Base answered");
  CHECK(chosen({at("a", 100)}, terms(newest)) == "too few endpoints of Base answered");
  CHECK(chosen({at("a", 100), at("a", 100)}, terms(newest)) == "too few endpoints of Base answered"); // One host.
}

TEST_CASE("blocks: an endpoint that is far from the majority counts for nothing, and of two nobody knows which it is") {
  CHECK(chosen({at("a", 100), at("b", 101), at("late", 3)}, terms(newest)) == "100");
  CHECK(chosen({at("a", 100), at("b", 101), at("ahead", 9'000)}, terms(newest)) == "100");
  CHECK(chosen({at("a", 100), at("late", 3)}, terms(newest)) == "the endpoints of Base are at blocks far apart");
  CHECK(chosen({at("a", 100), at("ahead", 9'000)}, terms(newest)) == "the endpoints of Base are at blocks far apart");
  CHECK(chosen({at("a", 100), at("b", 90)}, terms(newest)) == "90"); // 20 s.
  CHECK(chosen({at("a", 100), at("b", 89)}, terms(newest)) == "the endpoints of Base are at blocks far apart");
}

TEST_CASE("blocks: an endpoint whose newest block is old is behind") {
  CHECK(chosen({at("a", 100, {}, 950), at("b", 100, {}, 950)}, terms(newest)) == "100");
  CHECK(chosen({at("a", 100, {}, 949), at("b", 100, {}, 950)}, terms(newest))
        == "the endpoints of Base are behind: their newest block is old");
  CHECK(chosen({at("a", 100, {}, 1)}, terms(newest, 1))
        == "the endpoints of Base are behind: their newest block is old");
  auto any = terms(newest, 1);
  any.tip_age_max = 0s;
  CHECK(chosen({at("a", 100, {}, 1)}, any) == "100");
}

TEST_CASE("blocks: a tag is what a majority says of it, and nobody alone moves it up") {
  CHECK(chosen({at("a", 100, 60), at("b", 100, 61), at("c", 100, 62)}, terms(finalized)) == "61");
  CHECK(chosen({at("a", 100, 60), at("b", 100, 60), at("liar", 100, 100)}, terms(finalized)) == "60");
  CHECK(chosen({at("a", 100, 60), at("liar", 100, 100)}, terms(finalized)) == "60");
  CHECK(chosen({at("a", 100, 60), at("b", 100)}, terms(finalized)) == "the endpoints of Base name no finalized block");
  CHECK(chosen({at("a", 100, 700), at("b", 100, 700)}, terms(finalized))
        == "the endpoints of Base name a finalized block above the newest");
}

TEST_CASE("blocks: an old safe block gives no role, an old finalized one may take") {
  CHECK(chosen({at("a", 5'000, 4'900), at("b", 5'000, 4'900)}, terms(safe)) == "4900");
  CHECK(chosen({at("a", 5'000, 9), at("b", 5'000, 9)}, terms(safe)) == "the safe block of Base is old");
  CHECK(chosen({at("a", 5'000, 9), at("b", 5'000, 9)}, terms(finalized)) == "9");
}
