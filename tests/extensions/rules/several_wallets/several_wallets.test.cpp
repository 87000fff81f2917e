// The kind beside the product's own, in one rule with them.
#include "actors/rules/leaf_fixture.test.hpp"

namespace arrakis::rules {
const std::vector<const leaf_kind*>& extensions(); // Written by the build.
}

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

TEST_CASE("extensions: a rule kind in a folder of its own is evaluated and explained like the built-in ones") {
  auto kinds = all();
  kinds.insert(kinds.end(), extensions().begin(), extensions().end());
  const auto rule = rule_of(
    R"({"any":[{"leaf":"native","chain":"base","min":"1"},{"leaf":"several_wallets","count":2}]})", kinds);
  const auto two = judge<grant_block>(rule, {wallet(1), wallet(2)}, chain_says{});
  REQUIRE(std::holds_alternative<ruling<grant_block, truth::yes>>(two));
  const auto& found = std::get<0>(two).details().findings.at(1);
  CHECK(rule.leaves.at(1).test->sentence(found, polarity::positive)
        == "You have 2 here. This condition asks for at least 2 wallets.");
  CHECK(
    std::holds_alternative<ruling<grant_block, truth::unknown>>(judge<grant_block>(rule, {wallet(1)}, chain_says{})));
}

TEST_CASE("extensions: negative control: without the folder the rule kind is unknown") {
  CHECK(refusal(R"({"leaf":"several_wallets","count":2})").find("is no kind of leaf") != std::string::npos);
  auto kinds = all();
  kinds.insert(kinds.end(), extensions().begin(), extensions().end());
  CHECK(text_of(compiled(R"({"leaf":"several_wallets","count":0})", kinds).error()).find("1 to 100")
        != std::string::npos);
}
