#include "actors/rules/compile.hpp"

#include "actors/rules/leaf_fixture.test.hpp"
#include "actors/rules/parameters.hpp"
#include "schemas/json_schema.hpp"

#include <set>

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

TEST_CASE("rules: every kind of leaf has a name, a sentence and a schema of its own") {
  std::set<std::string_view> names;
  for (const auto* kind : all()) {
    CHECK(names.insert(kind->name).second);
    CHECK(kind->help.ends_with("."));
    const json_schema schema{leaf_schema(*kind)}; // Throws for what is none.
  }
  CHECK(names == std::set<std::string_view>{"contract_call", "erc1155", "erc20", "erc721", "native"});
}

TEST_CASE("rules: each leaf has its JSON pointer in the tree, and a polarity that says which answer takes a role") {
  const std::string leaf = R"({"leaf":"native","chain":"base","min":"1"})";
  const auto rule = rule_of(R"({"all":[)" + leaf + R"(,{"not":{"any":[)" + leaf + "," + leaf
                            + R"(]}},{"atLeast":1,"of":[)" + leaf + "]}]}");
  std::string places;
  for (const auto& each : rule.leaves)
    places += each.at + (each.sign == polarity::positive ? "+ " : "- ");
  CHECK(places
        == "/rules/0/when/all/0+ /rules/0/when/all/1/not/any/0- /rules/0/when/all/1/not/any/1- "
           "/rules/0/when/all/2/of/0+ ");
}

TEST_CASE("rules: a leaf of no kind, and a fault deep in a tree, are named by their pointers") {
  CHECK(refusal(R"({"all":[{"not":{"leaf":"erc404"}}]})")
        == "rules /rules/0/when/all/0/not/leaf: is no kind of leaf; there are contract_call, erc1155, erc20, erc721, "
           "native");
  CHECK(refusal(R"({"all":[{"leaf":"native","chain":"base","min":"1"},{"leaf":"native","chain":"base","min":"0"}]})")
          .starts_with("rules /rules/0/when/all/1/min: "));
}

TEST_CASE("rules: the questions of all leaves of one rule are at most 1,000, and the leaf that goes above is named") {
  const auto ids = [](std::string_view kind, size_t count) {
    std::string list;
    for (size_t i = 0; i < count; ++i)
      list += fmt::format(R"({}"{}")", i == 0 ? "" : ",", i);
    return fmt::format(R"({{"leaf":"{}","chain":"base","contract":"{}","symbol":"T","min":"1","ids":[{}]}})", kind,
                       contract, list);
  };
  const std::string coins = R"({"leaf":"native","chain":"base","min":"1"})";
  const auto most = rule_questions_max;
  const auto together = [&](std::string_view kind, size_t first, size_t second) {
    return fmt::format(R"({{"all":[{},{{"not":{}}},{}]}})", ids("erc721", first), ids(kind, second), coins);
  };
  for (const auto* kind : {"erc721", "erc1155"}) {
    CHECK(reads(rule_of(ids(kind, most)), {wallet(1)}).size() == most);
    CHECK(compiled(together(kind, 400, 599)));
    CHECK(refusal(together(kind, 400, 601)).starts_with("rules /rules/0/when/all/1/not: "));
    CHECK(refusal(together(kind, 400, 600)).starts_with("rules /rules/0/when/all/2: "));
  }
  CHECK(refusal(together("erc1155", 400, 601))
        == "rules /rules/0/when/all/1/not: brings this rule to 1001 questions for a member of one wallet, and 1000 "
           "are the most: name fewer token ids, or remove leaves");
  const auto rule = [&](const char* id) {
    return fmt::format(R"({{"id":"{}","name":"{}","grants":{{"tiers":true}},"when":{}}})", id, id, ids("erc721", most));
  };
  const auto two = read_rules(fmt::format(R"({{"rules":[{},{}]}})", rule("a"), rule("b")));
  REQUIRE_MESSAGE(two, text_of(two.error()));
  CHECK(compile(*two)); // Each rule has its own.
}
