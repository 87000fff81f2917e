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

TEST_CASE("rules: leaves know their place in the tree, and which of their answers takes") {
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
