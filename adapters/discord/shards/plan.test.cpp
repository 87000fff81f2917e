#include "adapters/discord/shards/plan.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord::shards;

TEST_CASE("plan: an answer that does not keep its bounds is none") {
  CHECK(read_plan(R"({"url":"wss://x","shards":3})")->shards == 3);
  for (const auto* bad :
       {"", "[]", R"({"shards":3})", R"({"url":"wss://x","shards":0})", R"({"url":"wss://x","shards":16385})"})
    CHECK_MESSAGE(code_of(read_plan(bad).error()) == ec::corrupt, bad);
}

TEST_CASE("plan: what Discord says of identifies is read, and nothing of it is negative") {
  const auto said = read_plan(R"({"url":"wss://x","shards":2,
    "session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":16}})");
  REQUIRE(said);
  CHECK(said->max_concurrency == 16);
  CHECK(said->starts_total == 1000);
  CHECK(said->starts_left == 999);
  CHECK(said->starts_reset == std::chrono::hours{4});
  const auto wrong = read_plan(R"({"url":"wss://x","session_start_limit":{"remaining":-1,"reset_after":-5,
    "max_concurrency":0}})");
  REQUIRE(wrong);
  CHECK(wrong->max_concurrency == 1);
  CHECK(wrong->starts_left == 0);
  CHECK(wrong->starts_reset.count() == 0);
}
