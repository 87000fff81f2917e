#include "schemas/block_policy.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

TEST_CASE("block policy: what a chain's file says, and nothing else") {
  CHECK(parse_grant_policy("latest-0") == block_policy{block_policy::below_tip, 0});
  CHECK(parse_grant_policy("latest-12") == block_policy{block_policy::below_tip, 12});
  CHECK(parse_grant_policy("safe") == block_policy{block_policy::safe});
  CHECK(parse_revoke_policy("finalized") == block_policy{block_policy::finalized});
  CHECK(parse_revoke_policy("depth 64") == block_policy{block_policy::below_tip, 64});
  for (const auto* wrong : {"", "latest", "latest-", "latest--1", "latest-x", "latest-1 ", "latest-1000000",
                            "finalized", "depth 2", "latest+1"})
    CHECK_FALSE_MESSAGE(parse_grant_policy(wrong), wrong);
  for (const auto* wrong : {"", "depth", "depth ", "depth 0", "depth -1", "latest-2", "safe", "depth 2x"})
    CHECK_FALSE_MESSAGE(parse_revoke_policy(wrong), wrong);
}

TEST_CASE("block policy: a node is asked by the tag") {
  CHECK(block_policy{block_policy::safe}.tag() == "safe");
  CHECK(block_policy{block_policy::finalized}.tag() == "finalized");
  CHECK(block_policy{}.tag().empty());
}
