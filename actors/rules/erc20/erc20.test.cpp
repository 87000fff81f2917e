#include "actors/rules/leaf_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
const wallets two{wallet(1), wallet(2)};
chain_read tokens(uint8_t n) { return {"base", token_balance{parse_evm_address(contract).value(), wallet(n)}}; }
std::string leaf_json(std::string_view rest, int decimals = 6, std::string_view symbol = "SPICE") {
  return fmt::format(R"({{"leaf":"erc20","chain":"base","contract":"{}","symbol":"{}","decimals":{},{}}})", contract,
                     symbol, decimals, rest);
}
truth held(const std::string& json, std::string_view one, std::string_view other) {
  return judged(rule_of(json), two, chain_says{}.value(tokens(1), units(one, 6)).value(tokens(2), units(other, 6)))
    .answer;
}
} // namespace

TEST_CASE("erc20 leaf: ranges are half-open") {
  const auto range = leaf_json(R"("min":"100","max":"200")");
  CHECK(held(range, "99.999999", "0") == truth::no);
  CHECK(held(range, "100", "0") == truth::yes);
  CHECK(held(range, "100", "99.999999") == truth::yes);
  CHECK(held(range, "100", "100") == truth::no);
}

TEST_CASE("erc20 leaf: the wallets count together, or one of them alone must do") {
  CHECK(held(leaf_json(R"("min":"100")"), "60", "40") == truth::yes);
  CHECK(held(leaf_json(R"("min":"100","wallets":"sum")"), "60", "40") == truth::yes);
  const auto any = leaf_json(R"("min":"100","wallets":"any")");
  CHECK(held(any, "60", "40") == truth::no);
  CHECK(held(any, "0", "100") == truth::yes);
  const auto rule = rule_of(any);
  CHECK(judged(rule, two, chain_says{}.nothing(tokens(1)).value(tokens(2), units("100", 6))).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{}.nothing(tokens(1)).value(tokens(2), units("99", 6))).answer == truth::unknown);
  CHECK(judged(rule, {}, {}).answer == truth::no);
  const auto found = judged(rule, two, chain_says{}.value(tokens(1), units("60", 6)).value(tokens(2), units("40", 6)));
  CHECK(
    sentence(rule, found)
    == "You hold 60 SPICE in one wallet on Base (block 1200 of Base). This condition asks for at least 100 SPICE on "
       "Base in one wallet.");
}

TEST_CASE("erc20 leaf: balances that add up to more than 256 bits are more than any limit") {
  const auto most = uint256::max();
  const auto says = chain_says{}.value(tokens(1), most).value(tokens(2), most);
  CHECK(judged(rule_of(leaf_json(R"("min":"1")")), two, says).answer == truth::yes);
  CHECK(
    judged(rule_of(leaf_json(R"("max":"100000000000000000000000000000000000000000000000000000000000000000000000")")),
           two, says)
      .answer
    == truth::no);
}

TEST_CASE("erc20 leaf: a balance that the contract refuses to tell is unknown, and no zero") {
  const auto rule = rule_of(leaf_json(R"("min":"1")"));
  const auto found = judged(rule, {wallet(1)}, chain_says{}.gives_up(tokens(1)));
  CHECK(found.answer == truth::unknown);
  CHECK(sentence(rule, found).find("It could not be decided: the contract refused to answer.") != std::string::npos);
  CHECK(judged(rule_of(leaf_json(R"("max":"1")")), {wallet(1)}, chain_says{}.gives_up(tokens(1))).answer
        == truth::unknown);
}

TEST_CASE("erc20 leaf: a symbol is foreign text, and nothing in it is obeyed") {
  const auto rule = rule_of(leaf_json(R"("min":"1")", 6, "**[x](https://evil.example)** @everyone"));
  const auto text = sentence(rule, judged(rule, {wallet(1)}, chain_says{}.value(tokens(1), uint256{5})));
  CHECK(text.find("**[x]") == std::string::npos);
  CHECK(text.find("\\[x") != std::string::npos);
}

TEST_CASE("erc20 leaf: what is wrong is named with what to do") {
  struct row {
    std::string json;
    const char *field, *says;
  };
  const std::string mistyped = "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  auto wrong_case = leaf_json(R"("min":"1")");
  wrong_case.replace(wrong_case.find(contract), contract.size(), mistyped);
  auto short_address = leaf_json(R"("min":"1")");
  short_address.replace(short_address.find(contract), contract.size(), "0x12");
  for (const auto& [json, field, says] : {row{leaf_json(R"("wallets":"sum")"), "/min", "say how much"},
                                          {leaf_json(R"("min":"0")"), "/min", "everybody holds"},
                                          {leaf_json(R"("max":"0")"), "/max", "nobody holds less"},
                                          {leaf_json(R"("min":"2","max":"2")"), "/max", "above \"min\""},
                                          {leaf_json(R"("min":"0.0000001")"), "/min", "has 7 places"},
                                          {leaf_json(R"("min":1)"), "/min", "decimal number as text"},
                                          {leaf_json(R"("min":"-1")"), "/min", "decimal number as text"},
                                          {leaf_json(R"("min":"1","wallets":"all")"), "/wallets", "sum"},
                                          {leaf_json(R"("min":"1")", 78), "/decimals", "from 0 to 77"},
                                          {wrong_case, "/contract", "EIP-55"},
                                          {short_address, "/contract", "40 hexadecimal digits"},
                                          {leaf_json(R"("min":"1","more":1)"), "", "more"}}) {
    const auto said = refusal(json);
    CAPTURE(said);
    CHECK(said.starts_with("rules /rules/0/when" + std::string{field} + ": "));
    CHECK(said.find(says) != std::string::npos);
  }
}
