#include "actors/rules/leaf_fixture.test.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
const wallets two{wallet(1), wallet(2)};
std::string leaf_json(std::string_view rest, std::string_view function = "getVotes(address)",
                      std::string_view arguments = R"(["wallet"])") {
  return fmt::format(R"({{"leaf":"contract_call","chain":"base","contract":"{}","function":"{}","arguments":{},{}}})",
                     contract, function, arguments, rest);
}
chain_read votes(uint8_t n) {
  return {"base", contract_word{parse_evm_address(contract).value(), "getVotes(address)", {as_number(wallet(n))}}};
}
const std::string number = R"("returns":"uint256","decimals":18,"unit":"votes",)";
} // namespace

TEST_CASE("contract_call leaf: a number is compared in one wallet, or over all of them") {
  const auto any = rule_of(leaf_json(number + R"("min":"10")"));
  CHECK(reads(any, two) == std::vector{votes(1), votes(2)});
  const auto says = chain_says{}.value(votes(1), units("6")).value(votes(2), units("4"));
  CHECK(judged(any, two, says).answer == truth::no);
  const auto sum = rule_of(leaf_json(number + R"("min":"10","wallets":"sum")"));
  CHECK(judged(sum, two, says).answer == truth::yes);
  CHECK(sentence(sum, judged(sum, two, says))
        == "`getVotes(address)` of `" + contract
             + "` on Base gives 10 votes (block 1200 of Base). This condition asks for at least 10 votes from "
               "`getVotes(address)`.");
}

TEST_CASE("contract_call leaf: a revert is unknown, unless the rule calls it a no") {
  const auto silent = chain_says{}.gives_up(votes(1)).value(votes(2), units("4"));
  CHECK(judged(rule_of(leaf_json(number + R"("min":"10")")), two, silent).answer == truth::unknown);
  CHECK(judged(rule_of(leaf_json(number + R"("min":"10","onRevert":"unknown")")), two, silent).answer
        == truth::unknown);
  for (const auto* how : {"sum", "any"}) {
    const auto rule = rule_of(leaf_json(number + fmt::format(R"("min":"10","onRevert":"no","wallets":"{}")", how)));
    CHECK(judged(rule, two, silent).answer == truth::no);
    CHECK(judged(rule, two, chain_says{silent}.value(votes(2), units("10"))).answer == truth::yes);
    CHECK(judged(rule, two, chain_says{silent}.nothing(votes(2))).answer == truth::unknown);
  }
  CHECK(refusal(leaf_json(number + R"("max":"10","onRevert":"no")")).starts_with("rules /rules/0/when/onRevert: "));
  const auto bounded = [](std::string_view how, std::string_view on_revert) {
    return leaf_json(number + fmt::format(R"("min":"3","max":"10","wallets":"{}","onRevert":"{}")", how, on_revert));
  };
  const auto said = refusal(bounded("sum", "no"));
  CHECK(said.starts_with("rules /rules/0/when/onRevert: "));
  CHECK(said.find("write \"unknown\", leave \"max\" out, or compare \"any\" wallet") != std::string::npos);
  CHECK(judged(rule_of(bounded("sum", "unknown")), two, silent).answer == truth::unknown);
  CHECK(judged(rule_of(bounded("any", "no")), two, silent).answer == truth::yes); // The other wallet alone does.
}

TEST_CASE("contract_call leaf: a revert in no rule that is accepted gives what an unknown word would not") {
  const auto answered = [](const compiled_rule& rule, const std::array<int, 2>& words, bool reverts) {
    chain_says says;
    for (size_t i = 0; i < words.size(); ++i) {
      const auto question = votes(static_cast<uint8_t>(i + 1));
      if (words[i] >= 0)
        says.value(question, uint256{static_cast<uint64_t>(words[i])});
      else if (reverts)
        says.gives_up(question);
      else
        says.nothing(question);
    }
    return judge(rule, two, [&](const chain_read& q) -> const any_reading<contract_answer>& { return says.find(q); })
      .answer;
  };
  int accepted = 0, given = 0;
  const auto check = [&](const std::string& when) {
    const auto rules = compiled(when);
    if (!rules)
      return;
    ++accepted;
    for (int first = -1; first < 4; ++first)
      for (int second = -1; second < 4; ++second)
        if (answered(rules->at(0), {first, second}, true) == truth::yes) {
          CHECK_MESSAGE(answered(rules->at(0), {first, second}, false) == truth::yes, when);
          ++given;
        }
  };
  for (const auto* how : {"sum", "any"})
    for (int min = 0; min < 4; ++min)
      for (int max = 0; max < 5; ++max) {
        auto terms = fmt::format(R"("returns":"uint256","onRevert":"no","wallets":"{}")", how);
        terms += min > 0 ? fmt::format(R"(,"min":"{}")", min) : "";
        terms += max > 0 ? fmt::format(R"(,"max":"{}")", max) : "";
        check(leaf_json(terms));
        check(R"({"not":)" + leaf_json(terms) + "}");
      }
  CHECK(accepted == 12); // A minimum of 1 to 3: alone, and below a maximum in one wallet.
  CHECK(given > 50);
}

TEST_CASE("contract_call leaf: a revert that is a no never gives, so it stands below no NOT") {
  const auto silent = chain_says{}.gives_up(votes(1)).gives_up(votes(2));
  const auto whole = [&](const std::string& when) {
    return judge(rule_of(when), two,
                 [&](const chain_read& q) -> const any_reading<contract_answer>& { return silent.find(q); })
      .answer;
  };
  for (const auto& terms :
       {number + R"("min":"10")", number + R"("min":"10","wallets":"sum")",
        std::string{R"("returns":"bool","equals":"true")"}, std::string{R"("returns":"address","equals":"wallet")"}}) {
    const auto calls_it_no = leaf_json(terms + R"(,"onRevert":"no")");
    const auto said = refusal(R"({"not":)" + calls_it_no + "}");
    CHECK(said.starts_with("rules /rules/0/when/not/onRevert: "));
    CHECK(said.find("write \"unknown\", or leave it out") != std::string::npos);
    CHECK(refusal(R"({"any":[{"leaf":"native","chain":"base","min":"1"},{"not":{"all":[)" + calls_it_no + "]}}]}")
            .starts_with("rules /rules/0/when/any/1/not/all/0/onRevert: "));
    CHECK(refusal(R"({"not":{"not":{"not":)" + calls_it_no + "}}}")
            .starts_with("rules /rules/0/when/not/not/not/onRevert: "));
    CHECK(whole(R"({"not":{"not":)" + calls_it_no + "}}") == truth::no); // Below two its yes gives.
    CHECK(whole(R"({"not":)" + leaf_json(terms) + "}") == truth::unknown);
    CHECK(whole(R"({"not":)" + leaf_json(terms + R"(,"onRevert":"unknown")") + "}") == truth::unknown);
  }
}

TEST_CASE("contract_call leaf: a bool or an address is equal to something") {
  const auto question = [](uint8_t n) {
    return chain_read{"base", contract_word{parse_evm_address(contract).value(),
                                            "isMember(address,uint256)",
                                            {as_number(wallet(n)), uint256{7}}}};
  };
  const auto rule = rule_of(
    leaf_json(R"("returns":"bool","equals":"true")", "isMember(address,uint256)", R"(["wallet","7"])"));
  CHECK(reads(rule, two) == std::vector{question(1), question(2)});
  const auto one = uint256{1}, none = uint256{};
  CHECK(judged(rule, two, chain_says{}.value(question(1), none).value(question(2), one)).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{}.value(question(1), none).value(question(2), none)).answer == truth::no);
  CHECK(judged(rule, two, chain_says{}.value(question(1), none).nothing(question(2))).answer == truth::unknown);
  CHECK(judged(rule, two, chain_says{}.nothing(question(1)).value(question(2), one)).answer == truth::yes);
  CHECK(judged(rule, two, chain_says{}.value(question(1), none).value(question(2), uint256{2})).answer
        == truth::unknown);
  CHECK(judged(rule, two, chain_says{}.value(question(1), none).gives_up(question(2))).answer == truth::unknown);
  CHECK(judged(rule, {}, {}).answer == truth::no);
  const auto own = rule_of(leaf_json(R"("returns":"address","equals":"wallet")"));
  CHECK(judged(own, two, chain_says{}.value(votes(1), none).value(votes(2), as_number(wallet(2)))).answer
        == truth::yes);
  CHECK(judged(own, two, chain_says{}.value(votes(1), none).value(votes(2), as_number(wallet(1)))).answer == truth::no);
}

TEST_CASE("contract_call leaf: what is wrong is named with what to do") {
  struct row {
    std::string json;
    const char *field, *says;
  };
  const auto min = number + R"("min":"1")";
  for (const auto& [json, field, says] :
       {row{leaf_json(min, "getVotes"), "/function", "such as"},
        {leaf_json(min, "a(uint256)"), "/arguments/0", "is an address"},
        {leaf_json(min, "a(address)", R"(["0x12"])"), "/arguments/0", "40 hexadecimal"},
        {leaf_json(min, "a(address)", "[\"" + contract + "\"]"), "/arguments", "\"wallet\" once"},
        {leaf_json(min, "a(address,bool)"), "/arguments", "has 1 entries; the function has 2"},
        {leaf_json(min, "a(address,bool)", R"(["wallet","yes"])"), "/arguments/1", "\"true\" or \"false\""},
        {leaf_json(R"("returns":"uint256")"), "/min", "is missing"},
        {leaf_json(R"("returns":"int256","min":"1")"), "/returns", "uint8"},
        {leaf_json(R"("returns":"bool")"), "/equals", "is missing"},
        {leaf_json(R"("returns":"bool","equals":"maybe")"), "/equals", "\"true\""},
        {leaf_json(R"("returns":"bool","equals":"true","min":"1")"), "/min", "remove it"},
        {leaf_json(min + R"(,"equals":"1")"), "/equals", "remove it"}}) {
    const auto said = refusal(json);
    CAPTURE(said);
    CHECK(said.starts_with("rules /rules/0/when" + std::string{field} + ": "));
    CHECK(said.find(says) != std::string::npos);
  }
}
