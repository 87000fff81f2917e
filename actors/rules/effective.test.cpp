#include "actors/rules/effective.hpp"

#include "actors/rules/compile.hpp"
#include "actors/rules/judgement.hpp"
#include "actors/rules/leaf_fixture.test.hpp"
#include "schemas/canonical_json.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
manifest community(std::vector<manifest_asset> assets) {
  manifest m;
  m.community_name = "Tabr";
  m.ranked_asset = assets.front().id;
  m.assets = std::move(assets);
  return m;
}
const manifest_asset spice{"asset-1", "erc20", "base", contract, "SPICE", 6, "12.5", {}};
const manifest_asset coin{"asset-2", "native", "base", {}, "ETH", 18, "0.25", {}};
const manifest_asset pass{"asset-3", "erc721", "base", contract, "PASS", 0, "2", {}};
const manifest_asset item{"asset-4", "erc1155", "base", contract, "ITEM", 0, "1", "7"};

manifest_asset without_minimum(manifest_asset asset) {
  asset.min_balance.reset();
  return asset;
}

rule written(const char* id, decltype(rule::grants) grants) {
  rule_node when;
  when.leaf_kind = "native";
  when.parameters = {{"chain", "base"}, {"min", "1"}};
  return {id, std::string{"Rule "} + id, std::move(grants), when};
}
} // namespace

TEST_CASE("effective rules: the minimum of any asset admits to the tiers, each kind of asset by its own leaf") {
  const auto rules = effective_rules(community({spice, coin, pass, item}));
  REQUIRE(rules.size() == 1);
  CHECK(*canonical_json(to_json(rules))
        == R"({"rules":[{"grants":{"tiers":true},"id":"holders","name":"Holders","when":{"any":[)"
           R"({"chain":"base","contract":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","decimals":6,"leaf":"erc20",)"
           R"("min":"12.5","symbol":"SPICE"},)"
           R"({"chain":"base","leaf":"native","min":"0.25"},)"
           R"({"chain":"base","contract":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","leaf":"erc721","min":"2",)"
           R"("symbol":"PASS"},)"
           R"({"chain":"base","contract":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","ids":["7"],"leaf":"erc1155",)"
           R"("min":"1","symbol":"ITEM"}]}}]})");
  const auto compiled = compile(rules);
  REQUIRE_MESSAGE(compiled, text_of(compiled.error()));
  chain_says says;
  for (const auto& question : reads(compiled->at(0), {wallet(1)}))
    says.value(question, std::holds_alternative<native_balance>(question.what) ? units("0.25") : uint256{});
  const auto now = judge(compiled->at(0), {wallet(1)}, says);
  CHECK(std::holds_alternative<ruling<grant_block, truth::yes>>(now)); // One of them suffices.
}

TEST_CASE("effective rules: without a minimum nothing is implied, and whoever is ranked is admitted") {
  CHECK(effective_rules(community({without_minimum(spice), without_minimum(pass)})).empty());
  auto zero = spice;
  zero.min_balance = "0.00"; // The schema of version 1 accepts it.
  CHECK(effective_rules(community({zero})).empty());
  CHECK(effective_rules(community({without_minimum(spice), coin})).at(0).when.children.size() == 1);
}

TEST_CASE("effective rules: a written rule that admits takes the place of the implied one, another one does not") {
  auto m = community({spice});
  m.rules = {written("patrons", granted_role{"role-patron"})};
  auto rules = effective_rules(m);
  REQUIRE(rules.size() == 2);
  CHECK(rules[0] == m.rules[0]);
  CHECK(rules[1].id == "holders");
  m.rules.push_back(written("members", admitted_to_tiers{}));
  CHECK(effective_rules(m) == m.rules);
}

TEST_CASE("effective rules: the implied rule has an id and a name of its own") {
  auto m = community({spice});
  m.rules = {written("holders", granted_role{"a"}), written("x", granted_role{"a"})};
  m.rules[1].name = "Holders 2";
  CHECK(effective_rules(m).back().id == "holders-3");
  CHECK(effective_rules(m).back().name == "Holders 3");
}

TEST_CASE("effective rules: an asset of an earlier build counts, whatever the case of its address") {
  auto asset = spice;
  asset.address = "0x5AAEb6053F3E94C9b9A09f33669435E7Ef1BeAed"; // No checksum of EIP-55 for it.
  const auto m = community({asset});
  CHECK_FALSE(check(m));
  const auto compiled = compile(effective_rules(m));
  REQUIRE(compiled);
  const auto question = reads(compiled->at(0), {wallet(1)}).at(0);
  CHECK(std::get<token_balance>(question.what).contract.text() == contract);
}

TEST_CASE("effective rules: a version is checked leaf by leaf before it is accepted") {
  auto m = community({spice, coin});
  CHECK_FALSE(check(m));
  m.rules = {written("patrons", granted_role{"role-patron"}), written("members", admitted_to_tiers{})};
  CHECK_FALSE(check(m));
  m.rules[1].when.parameters["chain"] = "atlantis";
  CHECK(text_of(check(m)).starts_with("rules /rules/1/when/chain: "));
  m.rules[1].when.leaf_kind = "erc404";
  CHECK(text_of(check(m)).starts_with("rules /rules/1/when/leaf: is no kind of leaf"));
  m.rules.clear();
  m.assets[0].min_balance = "0.0000001"; // Of a token with 6 decimals.
  CHECK(text_of(check(m)).starts_with("manifest /assets: rules /rules/0/when/any/0/min: "));
  m.assets[0] = item;
  m.assets[0].token_id.reset();
  CHECK(text_of(check(m)).starts_with("manifest /assets: rules /rules/0/when/any/0"));
  m.assets = {without_minimum(spice)};
  CHECK_FALSE(check(m));
}
