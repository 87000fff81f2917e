#include "actors/wizard/core/rule_page.hpp"

#include "actors/wizard/core/rule_forms.hpp"
#include "actors/wizard/core/walk.test.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
constexpr auto spice = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
constexpr auto both = R"({"all":[{"leaf":"native","chain":"berachain","min":"5"},)"
                      R"({"not":{"leaf":"native","chain":"berachain","min":"100"}}]})";

/// An admin at the page of the rules of a plan with one asset.
struct editor : walk {
  editor() {
    to(step::review);
    click("edit-rules");
    REQUIRE(r.at == step::rules);
  }
  void add_native(const char* name, const char* least) {
    submit("rule-add", {{"name", name}, {"min", least}, {"max", ""}}, "native:berachain");
  }
  std::string shown() { return screen(r, seen(), ""); }
  bool says(std::string_view text) { return shown().find(text) != std::string::npos; }
  const rule& at(size_t index) { return r.draft.rules.at(index); }
};
} // namespace

TEST_CASE("rules page: a rule that a form describes gives a new role of its name, and is shown in words") {
  editor w;
  CHECK(w.says("Admitted to the tiers: members with at least 10 BERA on Berachain"));
  w.click("rule-new", {"native:berachain"});
  CHECK(w.last.what == decision::open_form);
  w.add_native("Whales", "1000");
  REQUIRE(w.last.what == decision::show);
  REQUIRE(w.r.draft.rules.size() == 1);
  CHECK(w.at(0).id == "whales");
  CHECK(std::get<granted_role>(w.at(0).grants).id == "rule-whales");
  CHECK(w.says("gives the role “Whales” to members with at least 1000 BERA on Berachain"));
  w.add_native("whales", "2"); // Another name with the same letters.
  CHECK(w.at(1).id == "whales-2");
  const auto m = build_manifest(w.r.draft);
  REQUIRE(m.roles.size() == w.r.draft.tiers.size() + 2);
  CHECK(m.roles.back().tier_id.empty());
  const auto read = read_manifest(json::print(to_json(m)));
  REQUIRE_MESSAGE(read, text_of(read.error()));
  CHECK(*read == m);
  CHECK(read_record(to_text(w.r)).value().draft == w.r.draft);
  w.click("continue");
  CHECK(w.r.at == step::review);
  CHECK(w.says("+5 roles")); // Three tiers, two rules.
}

TEST_CASE("rules page: conditions as JSON are judged as they are typed, and kept for a correction") {
  editor w;
  const auto refused = [&](const char* name, const std::string& conditions) {
    w.submit("rule-add", {{"name", name}, {"when", conditions}}, "json");
    return w.r.refused ? w.r.refused->why : std::string{"accepted"};
  };
  CHECK(refused("Middle", "{").starts_with("Conditions: this is no JSON"));
  CHECK(refused("Middle", R"({"xor":[]})").starts_with("Conditions: must have exactly one form"));
  CHECK(refused("Middle", R"({"not":{"leaf":"native","chain":"berachain","min":"0"}})")
          .starts_with("Conditions, at /not/min: everybody holds at least 0"));
  CHECK(refused("Middle", R"({"leaf":"native","chain":"atlantis","min":"1"})").starts_with("Conditions, at /chain: "));
  CHECK(refused("", both).find("ame") != std::string::npos);
  CHECK(w.r.refused->fields.at("when") == both);
  CHECK(w.says("Correct it"));
  w.click("correct");
  CHECK(w.last.form.find("berachain") != std::string::npos);
  CHECK(w.r.draft.rules.empty());
  CHECK(refused("Middle", both) == "accepted");
  CHECK(w.says("at least 5 BERA on Berachain and without at least 100 BERA on Berachain"));
  CHECK(w.says(R"(- all of these:\n  - at least 5 BERA on Berachain\n  - not this:\n    - at least 100 BERA)"));
  CHECK(refused("Middle", both).starts_with("Name: another rule has it"));
}

TEST_CASE("rules page: a fault in a form is named by the label of its input") {
  editor w;
  const auto refused = [&](std::map<std::string, std::string> fields) {
    fields.emplace("name", "Spice");
    w.submit("rule-add", std::move(fields), "erc20:berachain");
    return w.r.refused ? w.r.refused->why : std::string{"accepted"};
  };
  CHECK(refused({{"contract", "0x12"}, {"symbol", "SPICE"}, {"decimals", "6"}, {"min", "1"}})
          .starts_with("Contract address: "));
  CHECK(refused({{"contract", spice}, {"symbol", "SPICE"}, {"decimals", "six"}, {"min", "1"}})
          .starts_with("Decimals of the token: "));
  CHECK(refused({{"contract", spice}, {"symbol", "SPICE"}, {"decimals", "6"}, {"min", "0.1234567"}})
          .starts_with("Least amount: "));
  CHECK(refused({{"contract", spice}, {"symbol", "SPICE"}, {"decimals", "6"}, {"min", "0.123456"}}) == "accepted");
  w.submit("rule-add", {{"name", "x"}, {"min", "1"}}, "native:base"); // The plan has no such chain.
  CHECK(w.last.what == decision::refuse);
}

TEST_CASE("rules page: a rule is changed in the form that it fits, keeps its grant, and its role takes its new name") {
  editor w;
  w.add_native("Whales", "1000");
  w.click("rule-edit");
  REQUIRE(w.last.what == decision::open_form);
  CHECK(w.last.form.find(R"("value":"1000")") != std::string::npos);
  w.submit("rule-edit", {{"name", "Orcas"}, {"min", "500"}, {"max", "1000"}}, "whales");
  CHECK(w.at(0).id == "whales");
  CHECK(w.at(0).name == "Orcas");
  CHECK(w.r.draft.rule_roles.at(0).name == "Orcas");
  CHECK(w.says("at least 500 and less than 1000 BERA"));
  w.submit("rule-add", {{"name", "Middle"}, {"when", both}}, "json");
  w.click("rule-edit");
  CHECK(w.last.form.find("\"style\":2") != std::string::npos);
  w.submit("rule-edit", {{"name", "Middle"}, {"min", "1"}}, "middle"); // The form of another shape.
  CHECK(w.last.what == decision::refuse);
  w.click("rule-pick", {"whales"});
  CHECK(w.says("▸ Orcas"));
  w.click("rule-remove");
  CHECK(w.r.draft.rules.size() == 1);
  CHECK(w.r.draft.rule_roles.size() == 1); // The role of the rule left with it.
}

TEST_CASE("rules page: a rule gives a new role, one of the plan, one of the server below the bot, or admits to tiers") {
  editor w;
  w.add_native("Whales", "1000");
  w.add_native("Orcas", "500");
  const auto grant = [&](const char* value) {
    w.click("rule-grant", {value});
    return w.last.what;
  };
  CHECK(grant("role:0") == decision::show);
  CHECK(w.at(1).grants == w.at(0).grants);
  CHECK(w.r.draft.rule_roles.size() == 1); // Nothing grants the role “Orcas” any more.
  CHECK(grant("100000000000000002") == decision::show);
  CHECK(w.says("gives <@&100000000000000002>"));
  CHECK(w.r.draft.rule_roles.size() == 1); // “Whales” still grants it.
  for (const auto* bad : {"role:7", "role:x", "100000000000000001", "7", ""})
    CHECK(grant(bad) == decision::refuse); // Among them the bot's own role.
  CHECK(grant("tiers") == decision::show);
  CHECK(w.says("admits to the tiers members with at least 500 BERA"));
  CHECK_FALSE(w.says("Admitted to the tiers: "));
  CHECK(grant("new") == decision::show);
  CHECK(w.r.draft.rule_roles.size() == 2);
}

TEST_CASE("rules page: a plan whose rules cannot be judged is not deployed, and the review names the rule") {
  editor w;
  w.add_native("Whales", "1000");
  w.click("back");
  w.r.draft.rules[0].when.parameters["chain"] = "atlantis"; // A chain that a newer build no longer knows.
  CHECK(w.says("“Whales” cannot be judged"));
  w.click("deploy");
  CHECK(w.last.what == decision::refuse);
  w.r.draft.rules[0].when.parameters["chain"] = "berachain";
  w.r.draft.rule_roles.clear();
  CHECK(w.says("“Whales” gives a role that left the plan"));
  w.click("deploy");
  CHECK(w.last.what == decision::refuse);
  w.click("edit-rules");
  w.click("rule-grant", {"new"});
  w.click("continue");
  w.click("deploy"); // Negative control: mended, it is deployed.
  CHECK(w.last.what == decision::deploy);
}

TEST_CASE("rules page: an admin who changes something else keeps the rules, their roles and the ranked asset") {
  editor w;
  w.add_native("Whales", "1000");
  w.click("back");
  w.click("edit-assets");
  w.r.draft.assets.push_back({"asset-2", "erc20", "berachain", spice, "SPICE", 6, std::nullopt, std::nullopt});
  w.click("continue");
  REQUIRE(w.r.at == step::review);
  w.click("rank-by", {"asset-2"});
  CHECK(w.says("SPICE ranks"));
  const auto active = build_manifest(w.r.draft);
  CHECK(active.ranked_asset == "asset-2");
  CHECK(active.rules == w.r.draft.rules);
  REQUIRE(active.rules.size() == 1);
  auto again = fresh(std::string(32, 'b'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
  w.r = editing(std::move(again), active, 3);
  w.r.version = 9;
  CHECK(build_manifest(w.r.draft) == active);
  w.click("edit-channels");
  w.click("channel-template", {"minimal"});
  w.click("continue");
  w.click("edit-tiers");
  w.click("tier-template", {"simple"});
  w.click("continue");
  const auto next = build_manifest(w.r.draft);
  CHECK(next.rules == active.rules);
  CHECK(next.roles.back() == active.roles.back());
  CHECK(next.ranked_asset == "asset-2");
  w.click("edit-assets");
  w.click("remove-asset", {}, "1");
  CHECK(build_manifest(w.r.draft).ranked_asset == "asset-1"); // The ranked one is gone.
}

TEST_CASE("rules page: fifty long rules with everything foreign in them fit into Discord's bounds") {
  editor w;
  for (size_t i = 0; i < rules_max; ++i) {
    w.add_native(("*_" + std::to_string(i) + std::string(90, '`')).c_str(), "0.000000000000000001");
    REQUIRE(w.r.draft.rules.size() == i + 1);
  }
  w.add_native("One more", "1");
  CHECK(w.last.what == decision::refuse);
  for (const auto* index : {"", "x"})
    w.click("rule-pick", {index});
  const auto message = json::parse(w.shown()).value();
  const auto& embed = message.at("embeds").at(0);
  size_t all = embed.at("title").as_string().size() + embed.at("description").as_string().size();
  for (const auto& field : embed.at("fields").as_array()) {
    CHECK(field.at("name").as_string().size() <= 256);
    CHECK(field.at("value").as_string().size() <= 1024);
    all += field.at("name").as_string().size() + field.at("value").as_string().size();
  }
  CHECK(all <= 6000);
  CHECK(message.at("components").as_array().size() <= 5);
  for (const auto& row : message.at("components").as_array())
    for (const auto& part : row.at("components").as_array())
      CHECK(part.at("custom_id").as_string().size() <= custom_id_max);
  w.facts.roles.clear();
  for (uint64_t i = 0; i < 60; ++i)
    w.facts.roles.push_back(role(200000000000000000 + i, "r" + std::to_string(i), 2));
  w.facts.roles.push_back(role(100000000000000001, "Bot", 10));
  w.facts.roles.back().permissions = permissions::administrator;
  CHECK(w.says("More roles (1/5)"));
  w.click("more-roles");
  CHECK(w.says("More roles (2/5)"));
}
