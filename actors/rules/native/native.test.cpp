#include "actors/rules/leaf_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
const wallets two{wallet(1), wallet(2)};
chain_read coins(uint8_t n) { return {"base", native_balance{wallet(n)}}; }
} // namespace

TEST_CASE("native leaf: coins of all wallets count together, with the decimals of the chain") {
  const auto rule = rule_of(R"({"leaf":"native","chain":"base","min":"1.5"})");
  CHECK(reads(rule, two) == std::vector{coins(1), coins(2)});
  CHECK(judged(rule, two, chain_says{}.value(coins(1), units("1")).value(coins(2), units("0.5"))).answer == truth::yes);
  CHECK(
    judged(rule, two, chain_says{}.value(coins(1), units("1")).value(coins(2), units("0.499999999999999999"))).answer
    == truth::no);
}

TEST_CASE("native leaf: what was read suffices for a yes, and a no needs all of it") {
  const auto rule = rule_of(R"({"leaf":"native","chain":"base","min":"1.5"})");
  CHECK(judged(rule, two, chain_says{}.value(coins(1), units("1.5")).nothing(coins(2))).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{}.value(coins(1), units("1")).nothing(coins(2))).answer == truth::unknown);
  CHECK(judged(rule, two, chain_says{}.value(coins(1), units("1"))).answer == truth::unknown); // Not asked.
  const auto below = rule_of(R"({"leaf":"native","chain":"base","max":"1.5"})");
  CHECK(judged(below, two, chain_says{}.value(coins(1), units("1.5")).nothing(coins(2))).answer == truth::no);
  CHECK(judged(below, two, chain_says{}.value(coins(1), units("1")).nothing(coins(2))).answer == truth::unknown);
}

TEST_CASE("native leaf: the sentence says what was found, where, and what is asked for") {
  const auto rule = rule_of(R"({"leaf":"native","chain":"base","min":"1.5"})");
  const auto enough = judged(rule, {wallet(1)}, chain_says{}.value(coins(1), units("2")));
  CHECK(sentence(rule, enough)
        == "You hold 2 ETH on Base (block 1200 of Base). This condition asks for at least 1.5 ETH on Base.");
  CHECK(sentence(rule, enough, polarity::negative).ends_with("This condition excludes at least 1.5 ETH on Base."));
  const auto part = judged(rule, two,
                           chain_says{}.value(coins(1), units("1")).nothing(coins(2), "no endpoint of Base"));
  CHECK(sentence(rule, part)
        == "You hold at least 1 ETH (not all could be read) on Base (block 1200 of Base). This condition asks for at "
           "least 1.5 ETH on Base. It could not be decided: no endpoint of Base. No role is taken for that.");
  CHECK(sentence(rule, judged(rule, {}, {}))
        == "You have no wallet here yet. This condition asks for at least 1.5 ETH on Base.");
}

TEST_CASE("native leaf: what is wrong is named with what is allowed") {
  CHECK(refusal(R"({"leaf":"native","min":"1"})").find("'chain'") != std::string::npos);
  CHECK(refusal(R"({"leaf":"native","chain":"basement","min":"1"})")
          .starts_with("rules /rules/0/when/chain: this build does not know the chain; it knows arbitrum,"));
  CHECK(refusal(R"({"leaf":"native","chain":"base","contract":"0x","min":"1"})").find("contract") != std::string::npos);
}
