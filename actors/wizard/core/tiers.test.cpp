#include "actors/wizard/core/tiers.hpp"

#include "actors/wizard/core/page.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/screens.hpp"
#include "actors/wizard/core/walk.test.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
std::vector<std::string> names(const draft& d) {
  std::vector<std::string> out;
  for (size_t i = 0; i < d.tiers.size(); ++i) {
    out.push_back(d.tiers[i].name);
    CHECK(d.roles[i].tier_id == d.tiers[i].id);
  }
  return out;
}
using strings = std::vector<std::string>;

walk at_tiers() {
  walk w;
  w.to(step::eligibility_rules);
  w.click("tier-template", {"simple"});
  return w;
}
} // namespace

TEST_CASE("wizard: own tiers from nothing: the first one, its role, and a plan that can be deployed") {
  walk w;
  w.to(step::eligibility_rules);
  const auto form = w.click("tier-add");
  REQUIRE(form.what == decision::open_form);
  w.submit("tier-add", {{"name", "Whales"}, {"ranks", "1-7"}, {"color", "teal"}, {"hoist", "no"}});
  REQUIRE(names(w.r.draft) == strings{"Whales"});
  CHECK(w.r.draft.tiers[0].id == "whales");
  CHECK(w.r.draft.tiers[0].max_rank == 7);
  CHECK(w.r.draft.roles[0].id == "role-whales");
  CHECK(w.r.draft.roles[0].color == 0x1ABC9C);
  CHECK_FALSE(w.r.draft.roles[0].hoist);
  w.submit("tier-add", {{"name", "Shrimps"}, {"amount", "0.50"}, {"color", "#abcdef"}, {"hoist", "yes"}});
  CHECK(w.r.draft.tiers[1].threshold == "0.5");
  CHECK(w.r.draft.roles[1].color == 0xABCDEF);
  const auto text = screen(w.r, w.seen());
  for (const auto* shown : {"rank 1–7 · Teal `#1ABC9C`", "▸ **Shrimps** at least 0.5 BERA · `#ABCDEF`", "listed apart",
                            "rank 1 is the member who holds the most"})
    CHECK_MESSAGE(text.find(shown) != std::string::npos, shown);
  w.click("continue");
  CHECK(w.r.at == step::role_mapping);
  w.to(step::review);
  const auto m = build_manifest(w.r.draft);
  CHECK(m.tiers[1].threshold == "0.5");
  CHECK(draft_of(m).tiers == w.r.draft.tiers);
}

TEST_CASE("wizard: a template is a start: its tiers are added to, renamed, moved and removed") {
  auto w = at_tiers();
  w.submit("tier-add", {{"name", "Steel"}, {"ranks", "101+"}, {"hoist", "yes"}});
  CHECK(names(w.r.draft) == strings{"Gold", "Silver", "Bronze", "Steel"});
  w.submit("tier-add", {{"name", "Iron"}, {"ranks", "40-60"}});
  CHECK(names(w.r.draft) == strings{"Gold", "Silver", "Iron", "Bronze", "Steel"}); // By its ranks.
  CHECK(w.r.focus.tier == "iron");
  w.click("tier-down");
  w.click("tier-down");
  CHECK(names(w.r.draft) == strings{"Gold", "Silver", "Bronze", "Steel", "Iron"});
  CHECK(w.click("tier-down").what == decision::refuse);
  w.click("tier-up");
  CHECK(names(w.r.draft) == strings{"Gold", "Silver", "Bronze", "Iron", "Steel"});
  w.click("tier-remove");
  CHECK(names(w.r.draft) == strings{"Gold", "Silver", "Bronze", "Steel"});
  w.click("tier-pick", {"gold"});
  CHECK(w.click("tier-up").what == decision::refuse);
  w.submit("tier-edit", {{"name", "Naib"}, {"ranks", "1"}, {"color", "Gold"}, {"hoist", "yes"}}, "gold");
  CHECK(w.r.draft.tiers[0].id == "gold"); // Renamed, and still the same one.
  CHECK(w.r.draft.roles[0].name == "Naib");
  CHECK(screen(w.r, w.seen()).find("**Naib** rank 1 ·") != std::string::npos);
  w.click("tier-color", {"Dark red"});
  CHECK(w.r.draft.roles[0].color == 0x992D22);
  CHECK(w.click("tier-color", {"shiny"}).what == decision::refuse);
  w.click("tier-template", {"standard"}); // A template takes the place of all of them.
  CHECK(names(w.r.draft) == strings{"Diamond", "Platinum", "Gold", "Silver", "Bronze"});
  CHECK(w.r.draft.roles[2].name == "Gold");
  CHECK(w.r.draft.roles[2].color == 0xFFD700);
}

TEST_CASE("wizard: editing tiers keeps the role mappings of those that stay") {
  auto w = at_tiers();
  w.to(step::role_mapping);
  w.click("role-silver", {"100000000000000002"});
  w.to(step::review);
  w.click("edit-tiers");
  w.submit("tier-add", {{"name", "Diamond"}, {"ranks", "1-3"}});
  w.submit("tier-edit", {{"name", "Argent"}, {"ranks", "11-60"}}, "silver");
  w.click("tier-pick", {"gold"});
  w.click("tier-remove");
  w.click("tier-pick", {"silver"});
  w.click("tier-up");
  REQUIRE(names(w.r.draft) == strings{"Argent", "Diamond", "Bronze"});
  CHECK(w.r.draft.roles[0].existing == snowflake{100000000000000002});
  CHECK(w.r.draft.roles[0].name == "Elder"); // The admin's role keeps its name.
  CHECK_FALSE(w.r.draft.roles[1].existing);
  // The role's colour is the admin's, so that it is neither asked for nor taken.
  CHECK(screen(w.r, w.seen()).find("wizard:tier-color") == std::string::npos);
  CHECK(w.click("tier-color", {"Red"}).what == decision::refuse);
  const auto form = w.click("tier-edit");
  REQUIRE(form.what == decision::open_form);
  CHECK(form.form.find("\"hoist\"") == std::string::npos);
  w.click("continue");
  CHECK(w.r.at == step::review);
}

TEST_CASE("wizard: a tier that is added again under its name is the one that it was") {
  auto w = at_tiers();
  const auto before = w.r.draft.roles[2].id;
  w.click("tier-pick", {"bronze"});
  w.click("tier-remove");
  w.submit("tier-add", {{"name", "Bronze"}, {"ranks", "51+"}});
  CHECK(w.r.draft.roles[2].id == before); // So that a later version finds its role in the server.
  w.submit("tier-edit", {{"name", "Copper"}, {"ranks", "51-99"}}, "bronze");
  w.submit("tier-add", {{"name", "Bronze"}, {"ranks", "100+"}});
  std::set<std::string> ids;
  for (auto& role : w.r.draft.roles)
    CHECK(ids.insert(role.id).second);
}

TEST_CASE("wizard: what only a removed tier could see never becomes open") {
  auto w = at_tiers();
  w.to(step::review);
  w.r.draft.channels[3].access_tiers = {"gold"};
  w.r.draft.channels[4].access_tiers = {"bronze"};
  w.click("edit-tiers");
  w.click("tier-pick", {"gold"});
  w.click("tier-remove");
  CHECK(w.r.draft.channels[3].access_tiers == strings{"silver"});
  CHECK(w.r.draft.categories[1].access_tiers == strings{"silver"}); // Not bronze: nobody gains by it.
  w.click("tier-pick", {"bronze"});
  w.click("tier-remove");
  CHECK(w.r.draft.channels[4].access_tiers == strings{"silver"});
  CHECK(w.click("tier-remove").what == decision::refuse); // One stays.
  CHECK(w.last.sentence.find("at least one tier") != std::string::npos);
}

TEST_CASE("wizard: a tier that nobody can get is said, and keeps the plan until it is mended") {
  auto w = at_tiers();
  w.submit("tier-edit", {{"name", "Gold"}, {"ranks", "1-50"}}, "gold");
  CHECK(screen(w.r, w.seen()).find("nobody can get “Silver”, since “Gold” stands above it") != std::string::npos);
  CHECK(w.click("continue").what == decision::refuse);
  w.click("tier-pick", {"silver"});
  w.click("tier-up"); // A member who fits several gets the topmost.
  CHECK(tier_faults(w.r.draft).empty());
  CHECK(w.click("continue").what == decision::show);

  draft amounts;
  amounts.tiers = {{"a", "A", 1, std::nullopt, "10"}, {"b", "B", 1, std::nullopt, "9.5"}, {"c", "C", 1, 5}};
  CHECK(tier_faults(amounts).empty());
  std::swap(amounts.tiers[0], amounts.tiers[1]);
  REQUIRE(tier_faults(amounts).size() == 1);
  CHECK(tier_faults(amounts)[0].find("nobody can get “A”") != std::string::npos);
  amounts.assets.push_back({"asset-1", "erc721", "base", token, "NFT", 0, std::nullopt, std::nullopt});
  CHECK(tier_faults(amounts).size() == 2); // Half of an NFT.
}

TEST_CASE("wizard: a new tier stands where somebody can get it") {
  auto w = at_tiers();
  w.submit("tier-add", {{"name", "First"}, {"ranks", "1"}});
  w.submit("tier-add", {{"name", "Inside"}, {"ranks", "60-70"}});
  w.submit("tier-add", {{"name", "Little"}, {"amount", "0.5"}});
  w.submit("tier-add", {{"name", "Much"}, {"amount", "10"}});
  CHECK(names(w.r.draft) == strings{"First", "Gold", "Silver", "Inside", "Bronze", "Much", "Little"});
  CHECK(tier_faults(w.r.draft).empty());
}

TEST_CASE("wizard: ranks, amounts and colours of a form, as people write them") {
  draft d;
  d.assets.push_back({"asset-1", "native", "base", std::nullopt, "ETH", 18, std::nullopt, std::nullopt});
  const auto typed = [&](form_fields fields) {
    fields.emplace("name", "X");
    return check_tier(fields, d, std::nullopt);
  };
  struct good {
    const char* ranks;
    int64_t from;
    std::optional<int64_t> to;
  };
  for (const auto& [ranks, from, to] : std::vector<good>{{"1-10", 1, 10},
                                                         {" 11 – 50 ", 11, 50},
                                                         {"1 to 3", 1, 3},
                                                         {"7", 7, 7},
                                                         {"51+", 51, {}},
                                                         {"51 and below", 51, {}},
                                                         {"1—2", 1, 2}}) {
    const auto tier = typed({{"ranks", ranks}});
    REQUIRE_MESSAGE(tier, ranks);
    CHECK(tier->rule.min_rank == from);
    CHECK(tier->rule.max_rank == to);
  }
  for (const auto* bad : {"0-3", "-5", "3-1", "a", "1-2-3", "1.5", "9007199254740992", "+", "-", "1-"}) {
    const auto tier = typed({{"ranks", bad}});
    REQUIRE_MESSAGE(!tier, bad);
    CHECK(text_of(tier.error()).find("`51+` for rank 51 and below") != std::string::npos);
  }
  for (const auto* bad : {"0", "-1", "1,000", "abc", "1.0000000000000000001"}) {
    const auto tier = typed({{"amount", bad}});
    REQUIRE_MESSAGE(!tier, bad);
    CHECK(text_of(tier.error()).starts_with("Amount"));
  }
  CHECK_FALSE(typed({}));
  CHECK(text_of(typed({{"ranks", "1"}, {"amount", "1"}}).error()).find("not both") != std::string::npos);
  CHECK(read_color("GOLD") == 0xFFD700u);
  CHECK(read_color(" dark  blue ") == 0x206694u);
  CHECK(read_color("ffd700") == 0xFFD700u);
  CHECK(read_color("") == 0u);
  for (const auto* bad : {"#12", "golden", "#GGGGGG", "#1234567"})
    CHECK_FALSE(read_color(bad));
  CHECK(text_of(typed({{"ranks", "1"}, {"name", ""}}).error()).starts_with("Name of the tier: 1 to 100 characters"));
}

TEST_CASE("wizard: the names of the palette are colours of their own, and fit into a menu with one more") {
  CHECK(palette().size() < options_max);
  std::set<std::string_view> words;
  std::set<uint32_t> values;
  for (const auto& color : palette()) {
    CHECK(words.insert(color.name).second);
    CHECK(values.insert(color.value).second);
    CHECK(read_color(color.name) == color.value);
    CHECK(read_color(color_name(color.value)) == color.value);
  }
}

TEST_CASE("wizard: a form is filled with the tier as it is, and sent unchanged changes nothing") {
  for (const auto* id : {"simple", "standard", "sietch"}) {
    walk w;
    w.to(step::eligibility_rules);
    w.click("tier-template", {id});
    w.submit("tier-add", {{"name", "By amount"}, {"amount", "12.5"}, {"color", "#010203"}, {"hoist", "no"}});
    for (size_t i = 0; i < w.r.draft.tiers.size(); ++i) {
      const auto before = w.r.draft;
      const auto fields = tier_fields(before, i);
      w.submit("tier-edit", fields, tier_key(before, before.roles[i]));
      CHECK(w.last.what == decision::show);
      CHECK(rule_text(w.r.draft.tiers[i], w.r.draft) == rule_text(before.tiers[i], before));
      CHECK(w.r.draft.roles == before.roles);
    }
  }
}

TEST_CASE("wizard: at most 25 tiers, all of which a menu can show") {
  auto w = at_tiers();
  for (int i = 3; i < static_cast<int>(tiers_max); ++i)
    REQUIRE(w.submit("tier-add", {{"name", "T" + std::to_string(i)}, {"ranks", std::to_string(1000 + i)}}).what
            == decision::show);
  CHECK(w.r.draft.tiers.size() == tiers_max);
  CHECK(w.submit("tier-add", {{"name", "One more"}, {"ranks", "9999"}}).what == decision::refuse);
  CHECK(w.click("tier-add").what == decision::refuse);
  for (auto& tier : w.r.draft.tiers)
    CHECK(screen(w.r, w.seen()).find("\"value\":\"" + tier.id + "\"") != std::string::npos);
}
