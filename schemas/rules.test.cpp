#include "schemas/rules.hpp"

#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;

namespace {
const std::string leaf = R"({"leaf":"erc20","min":"1"})";
std::string document(std::string_view when, std::string_view grants = R"({"tiers":true})") {
  return fmt::format(R"({{"rules":[{{"grants":{},"id":"whales","name":"Whales","when":{}}}]}})", grants, when);
}
std::string refusal(const std::string& text) {
  const auto read = read_rules(text);
  REQUIRE_FALSE_MESSAGE(read, text);
  CHECK(code_of(read.error()) == ec::invalid);
  return text_of(read.error());
}
/// A tree of `depth` levels, the leaf included.
std::string nested(size_t depth) {
  auto out = leaf;
  for (size_t i = 1; i < depth; ++i)
    out = R"({"all":[)" + out + "]}";
  return document(out);
}
std::string wide(size_t leaves, size_t lists) {
  std::string out;
  for (size_t list = 0; list < lists; ++list) {
    out += list == 0 ? R"({"any":[)" : R"(,{"any":[)";
    for (size_t i = 0; i < leaves / lists; ++i)
      out += (i == 0 ? "" : ",") + leaf;
    out += "]}";
  }
  return document(R"({"all":[)" + out + "]}");
}
std::string many(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += fmt::format(R"({}{{"id":"r{}","name":"R{}","grants":{{"tiers":true}},"when":{}}})", i == 0 ? "" : ",", i, i,
                       leaf);
  return R"({"rules":[)" + out + "]}";
}
} // namespace

TEST_CASE("rules: every form of a node is read, and written as it was") {
  const auto text = document(R"({"all":[{"any":[)" + leaf + R"(,{"leaf":"native"}]},{"not":)" + leaf
                               + R"(},{"atLeast":2,"of":[)" + leaf + "," + leaf + "," + leaf + "]}]}",
                             R"({"role":"role-gold"})");
  const auto read = read_rules(text);
  REQUIRE_MESSAGE(read, text_of(read.error()));
  const auto& when = read->at(0).when;
  CHECK(when.is == rule_node::all);
  CHECK(when.children.at(0).is == rule_node::any);
  CHECK(when.children.at(0).children.at(1).leaf_kind == "native");
  CHECK(when.children.at(1).is == rule_node::none);
  CHECK(when.children.at(2).count == 2);
  CHECK(json::print(when.children.at(2).children.at(0).parameters) == R"({"min":"1"})");
  CHECK(std::get<granted_role>(read->at(0).grants).id == "role-gold");
  CHECK(canonical_json(to_json(*read)).value() == canonical_json(*json::parse(text)).value());
  CHECK(*read_rules(to_json(*read)) == *read);
  const auto existing = read_rules(document(leaf, R"({"existingRoleId":"123456789012345678"})"));
  CHECK(std::get<granted_existing_role>(existing->at(0).grants).id.value == 123456789012345678);
  CHECK(*read_rules(to_json(*existing)) == *existing);
}

TEST_CASE("rules: the bounds hold on both sides") {
  CHECK(read_rules(nested(8)));
  CHECK(refusal(nested(9)).find("deeper than 8 levels: split the rule") != std::string::npos);
  CHECK(refusal(nested(15)).find("deeper than 8 levels") != std::string::npos);
  CHECK(read_rules(wide(64, 1)));
  CHECK(read_rules(wide(64, 4)));
  CHECK(refusal(wide(65, 5)).starts_with("rules /rules/0/when/all/4/any/12: is leaf 65 of its rule"));
  CHECK(refusal(wide(65, 1)).starts_with("rules /rules/0/when/all/0/any: must be a list of 1 to 64"));
  CHECK(read_rules(many(50)));
  CHECK(refusal(many(51)).find("1 to 50 rules") != std::string::npos);
  CHECK(refusal(many(0)).find("1 to 50 rules") != std::string::npos);
}

TEST_CASE("rules: what is wrong is named by its pointer, with what is allowed") {
  struct row {
    std::string text, pointer, says;
  };
  const row table[] = {
    {"{}", "/", "rules"},
    {"[]", "/", "rules"},
    {document("7"), "/rules/0/when", "must be an object"},
    {document("{}"), "/rules/0/when", "exactly one form"},
    {document(R"({"all":[)" + leaf + R"(],"any":[)" + leaf + "]}"), "/rules/0/when", "exactly one form"},
    {document(R"({"xor":[]})"), "/rules/0/when", "exactly one form"},
    {document(R"({"all":[]})"), "/rules/0/when/all", "a list of 1 to 64"},
    {document(R"({"all":{}})"), "/rules/0/when/all", "a list of 1 to 64"},
    {document(R"({"not":[]})"), "/rules/0/when/not", "must be an object"},
    {document(R"({"any":[)" + leaf + R"(,{"not":7}]})"), "/rules/0/when/any/1/not", "must be an object"},
    {document(R"({"atLeast":2})"), "/rules/0/when", "and nothing else"},
    {document(R"({"atLeast":0,"of":[)" + leaf + "]}"), "/rules/0/when/atLeast", "from 1 to 1"},
    {document(R"({"atLeast":2,"of":[)" + leaf + "]}"), "/rules/0/when/atLeast", "from 1 to 1"},
    {document(R"({"atLeast":"1","of":[)" + leaf + "]}"), "/rules/0/when/atLeast", "an integer"},
    {document(R"({"leaf":7})"), "/rules/0/when/leaf", "name of a kind"},
    {document(R"({"leaf":"ERC 20"})"), "/rules/0/when/leaf", "name of a kind"},
    {document(leaf, "{}"), "/rules/0/grants", "exactly one form"},
    {document(leaf, R"({"tiers":true,"role":"x"})"), "/rules/0/grants", "exactly one form"},
    {document(leaf, R"({"tiers":false})"), "/rules/0/grants/tiers", "true"},
    {document(leaf, R"({"role":"Gold!"})"), "/rules/0/grants/role", "a-z"},
    {document(leaf, R"({"existingRoleId":"12"})"), "/rules/0/grants/existingRoleId", "17 to 20 digits"},
    {document(leaf, R"({"existingRoleId":"99999999999999999999"})"), "/rules/0/grants/existingRoleId",
     "not a Discord id"},
    {R"({"rules":[{"id":"a","name":"A","grants":{"tiers":true}}]})", "/rules/0", "when"},
    {R"({"rules":[{"id":"a","name":"A","when":{"leaf":"x"},"grants":{"tiers":true},"more":1}]})", "/rules/0", "more"},
  };
  for (const auto& [text, pointer, says] : table) {
    const auto said = refusal(text);
    CAPTURE(text);
    CAPTURE(said);
    CHECK(said.starts_with("rules " + pointer + ": "));
    CHECK(said.find(says) != std::string::npos);
  }
  auto twice = json::parse(many(2))->as_object();
  twice["rules"].as_array()[1].as_object()["id"] = "r0";
  CHECK(refusal(boost::json::serialize(twice)) == "rules /rules/1/id: 'r0' is there twice: each id once");
  CHECK(refusal(document("{")) != "");
}
