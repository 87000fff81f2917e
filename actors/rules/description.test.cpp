#include "actors/rules/description.hpp"

#include "actors/rules/leaf_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
std::string coins(const char* least) { return fmt::format(R"({{"leaf":"native","chain":"base","min":"{}"}})", least); }
std::string calls() {
  return fmt::format(
    R"json({{"leaf":"contract_call","chain":"base","contract":"{}","function":"isMember(address)",)json"
    R"json("arguments":["wallet"],"returns":"bool","equals":"true"}})json",
    contract);
}
std::string pieces() {
  return fmt::format(R"({{"leaf":"erc721","chain":"base","contract":"{}","symbol":"PA*SS","ids":["1","2"],"min":"1"}})",
                     contract);
}
} // namespace

TEST_CASE("rules in words: a leaf says what it asks for, and foreign text in it is escaped") {
  CHECK(summarize(rule_of(coins("0.5"))) == "at least 0.5 ETH on Base");
  CHECK(describe(rule_of(coins("0.5"))) == "- at least 0.5 ETH on Base\n");
  CHECK(summarize(rule_of(pieces())) == R"(at least 1 PA\*SS of #1, #2 on Base)");
  CHECK(summarize(rule_of(calls())) == "`true` from `isMember(address)`");
}

TEST_CASE("rules in words: a tree is one line with brackets where they are needed, and a nested list") {
  const auto rule = rule_of(fmt::format(R"({{"all":[{},{{"any":[{},{{"not":{}}}]}},{{"atLeast":2,"of":[{},{},{}]}}]}})",
                                        coins("1"), coins("2"), coins("3"), coins("4"), coins("5"), coins("6")));
  CHECK(summarize(rule)
        == "at least 1 ETH on Base and (at least 2 ETH on Base or without at least 3 ETH on Base) and 2 of (at least 4 "
           "ETH on Base; at least 5 ETH on Base; at least 6 ETH on Base)");
  CHECK(describe(rule)
        == "- all of these:\n"
           "  - at least 1 ETH on Base\n"
           "  - one of these:\n"
           "    - at least 2 ETH on Base\n"
           "    - not this:\n"
           "      - at least 3 ETH on Base\n"
           "  - at least 2 of these:\n"
           "    - at least 4 ETH on Base\n"
           "    - at least 5 ETH on Base\n"
           "    - at least 6 ETH on Base\n");
  CHECK(summarize(rule_of(R"({"any":[)" + coins("1") + "]}")) == "at least 1 ETH on Base");
}
