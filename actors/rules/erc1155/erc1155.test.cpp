#include "actors/rules/leaf_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
const wallets two{wallet(1), wallet(2)};
chain_read relics(uint8_t n, uint64_t id) {
  return {"base", item_balance{parse_evm_address(contract).value(), wallet(n), uint256{id}}};
}
std::string leaf_json(std::string_view rest) {
  return fmt::format(R"({{"leaf":"erc1155","chain":"base","contract":"{}","symbol":"RELIC",{}}})", contract, rest);
}
} // namespace

TEST_CASE("erc1155 leaf: items of the ids count together, over all wallets") {
  const auto rule = rule_of(leaf_json(R"("ids":["2","1"],"min":"5")"));
  CHECK(reads(rule, two) == std::vector{relics(1, 1), relics(1, 2), relics(2, 1), relics(2, 2)});
  auto says =
    chain_says{}.value(relics(1, 1), uint256{2}).value(relics(1, 2), uint256{1}).value(relics(2, 1), uint256{1});
  CHECK(judged(rule, two, chain_says{says}.value(relics(2, 2), uint256{1})).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{says}.value(relics(2, 2), uint256{})).answer == truth::no);
  CHECK(judged(rule, two, chain_says{says}.gives_up(relics(2, 2))).answer == truth::unknown);
  CHECK(judged(rule, two, chain_says{says}.nothing(relics(2, 2)).value(relics(1, 1), uint256{5})).answer == truth::yes);
}

TEST_CASE("erc1155 leaf: one wallet alone, and the sentence") {
  const auto rule = rule_of(leaf_json(R"("ids":["1"],"min":"2","wallets":"any")"));
  const auto found = judged(rule, two, chain_says{}.value(relics(1, 1), uint256{1}).value(relics(2, 1), uint256{1}));
  CHECK(found.answer == truth::no);
  CHECK(
    sentence(rule, found)
    == "You hold 1 RELIC in one wallet of #1 on Base (block 1200 of Base). This condition asks for at least 2 RELIC "
       "of #1 on Base in one wallet.");
}

TEST_CASE("erc1155 leaf: ids are asked for, and items are whole") {
  CHECK(refusal(leaf_json(R"("min":"1")")).find("'ids'") != std::string::npos);
  CHECK(refusal(leaf_json(R"("ids":[],"min":"1")")).starts_with("rules /rules/0/when/ids: "));
  CHECK(refusal(leaf_json(R"("ids":["1"],"min":"1.5")")) == "rules /rules/0/when/min: must be a whole number");
}
