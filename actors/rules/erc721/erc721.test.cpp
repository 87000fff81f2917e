#include "actors/rules/leaf_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
const wallets two{wallet(1), wallet(2)};
const evm_address knives = parse_evm_address(contract).value();
chain_read owner_of(uint64_t id) { return {"base", token_owner{knives, uint256{id}}}; }
chain_read pieces(uint8_t n) { return {"base", token_balance{knives, wallet(n)}}; }
std::string leaf_json(std::string_view rest) {
  return fmt::format(R"({{"leaf":"erc721","chain":"base","contract":"{}","symbol":"KNIFE",{}}})", contract, rest);
}
uint256 owned_by(uint8_t n) { return as_number(wallet(n)); }
} // namespace

TEST_CASE("erc721 leaf: without ids any piece counts") {
  const auto rule = rule_of(leaf_json(R"("min":"2")"));
  CHECK(reads(rule, two) == std::vector{pieces(1), pieces(2)});
  CHECK(judged(rule, two, chain_says{}.value(pieces(1), uint256{1}).value(pieces(2), uint256{1})).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{}.value(pieces(1), uint256{1}).value(pieces(2), uint256{})).answer == truth::no);
  CHECK(judged(rule, two, chain_says{}.value(pieces(1), uint256{1}).gives_up(pieces(2))).answer == truth::unknown);
}

TEST_CASE("erc721 leaf: ids are asked for their owners, once, whatever the number of wallets") {
  const auto rule = rule_of(leaf_json(R"("min":"1","ids":["9","7","7"],"idRanges":[{"from":"1","to":"3"}])"));
  CHECK(reads(rule, two) == std::vector{owner_of(1), owner_of(2), owner_of(7), owner_of(9)});
  auto says = chain_says{}.value(owner_of(1), owned_by(8)).value(owner_of(2), owned_by(8)).gives_up(owner_of(7));
  CHECK(judged(rule, two, says).answer == truth::unknown);
  CHECK(judged(rule, two, chain_says{says}.value(owner_of(9), owned_by(2))).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{says}.value(owner_of(9), owned_by(3))).answer == truth::no);
  CHECK(judged(rule, two, chain_says{says}.gives_up(owner_of(9))).answer == truth::no); // Burned: nobody owns it.
}

TEST_CASE("erc721 leaf: an unknown id counts once, and yes comes as soon as enough are known") {
  const auto pair = rule_of(leaf_json(R"("min":"2","ids":["1","2","3"])"));
  auto says = chain_says{}.value(owner_of(1), owned_by(1)).value(owner_of(2), owned_by(2)).nothing(owner_of(3));
  CHECK(judged(pair, two, says).answer == truth::yes);
  const auto three = rule_of(leaf_json(R"("min":"4","ids":["1","2","3","4"])"));
  CHECK(judged(three, two, says.value(owner_of(4), owned_by(9))).answer == truth::no); // Of 4, one is somebody else's.
  const auto alone = rule_of(leaf_json(R"("min":"2","ids":["1","2","3"],"wallets":"any")"));
  CHECK(judged(alone, two, chain_says{says}).answer == truth::unknown);
  CHECK(judged(alone, two, chain_says{says}.value(owner_of(3), owned_by(9))).answer == truth::no);
  CHECK(judged(alone, two, chain_says{says}.value(owner_of(3), owned_by(1))).answer == truth::yes);
}

TEST_CASE("erc721 leaf: the sentence names pieces, ids and block") {
  const auto rule = rule_of(leaf_json(R"("min":"1","idRanges":[{"from":"1","to":"8"}])"));
  chain_says says;
  for (uint64_t id = 1; id < 8; ++id)
    says.value(owner_of(id), owned_by(9));
  CHECK(sentence(rule, judged(rule, two, says))
        == "You hold 0 KNIFE of #1, #2, #3, #4, #5 and 2 more on Base (block 1200 of Base). This condition asks for at "
           "least 1 KNIFE of #1, #2, #3, #4, #5 and 2 more on Base.");
}

TEST_CASE("erc721 leaf: 1,000 ids may be asked for, and not one more") {
  CHECK(rule_of(leaf_json(R"("min":"1","idRanges":[{"from":"0","to":"1000"}])")).leaves.size() == 1);
  CHECK(refusal(leaf_json(R"("min":"1","idRanges":[{"from":"0","to":"1001"}])"))
        == "rules /rules/0/when/idRanges/0: more than 1000 token ids in this leaf: narrow the ranges");
  CHECK(refusal(leaf_json(R"("min":"1","ids":["5"],"idRanges":[{"from":"0","to":"500"},{"from":"0","to":"500"}])"))
          .starts_with("rules /rules/0/when/idRanges/1: more than 1000"));
  CHECK(refusal(leaf_json(R"("min":"1","idRanges":[{"from":"3","to":"3"}])")).find("above \"from\"")
        != std::string::npos);
  const std::string most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  CHECK(rule_of(leaf_json(R"("min":"1","ids":[")" + most + "\"]")).leaves.size() == 1);
  auto over = most;
  over.back() = '6';
  CHECK(refusal(leaf_json(R"("min":"1","ids":[")" + over + "\"]")).find("go up to 2^256 - 1") != std::string::npos);
  CHECK(refusal(leaf_json(R"("min":"1","idRanges":[{"from":"0","to":")" + most + "\"}]")).find("1000")
        != std::string::npos);
}
