#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/screens.hpp"
#include "actors/wizard/core/walk.test.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
/// A form as its reader meets it. Discord's bounds are checked on the way.
/// https://discord.com/developers/docs/components/reference#text-input
struct shown_form {
  std::string id, title;
  std::map<std::string, std::string> values; ///< Values of all inputs; empty: nothing is filled in.
};
shown_form read_form(const std::string& json_text) {
  const auto all = boost::json::parse(json_text);
  shown_form out{all.at("custom_id").as_string().c_str(), all.at("title").as_string().c_str(), {}};
  CHECK(out.id.size() <= custom_id_max);
  CHECK(unicode::length(out.title) <= 45);
  const auto& rows = all.at("components").as_array();
  CHECK(rows.size() >= 1);
  CHECK(rows.size() <= 5);
  for (const auto& row : rows) {
    const auto& x = row.at("components").at(0).as_object();
    const auto& label = x.at("label").as_string();
    CHECK(unicode::length({label.data(), label.size()}) <= 45);
    if (const auto* hint = x.if_contains("placeholder"))
      CHECK(hint->as_string().size() <= 100);
    const auto* value = x.if_contains("value");
    const std::string filled = value ? value->as_string().c_str() : "";
    CHECK(unicode::length(filled) <= static_cast<size_t>(x.at("max_length").as_int64()));
    if (const auto* least = x.if_contains("min_length"); least && value)
      CHECK(unicode::length(filled) >= static_cast<size_t>(least->as_int64()));
    out.values.emplace(x.at("custom_id").as_string().c_str(), filled);
  }
  return out;
}

bool offers_correction(walk& w) { return screen(w.r, w.seen()).find("\"Correct it\"") != std::string::npos; }

shown_form correct(walk& w) {
  CHECK(offers_correction(w));
  const auto d = w.click("correct");
  REQUIRE(d.what == decision::open_form);
  return read_form(d.form);
}
} // namespace

TEST_CASE("wizard: a refused name is said in place, and “Correct it” opens its form with what was typed") {
  walk w;
  CHECK_FALSE(offers_correction(w)); // Negative control: nothing was refused.
  CHECK(w.click("correct").what == decision::refuse);
  w.submit("community-name", {{"name", "Dune @everyone"}});
  CHECK(w.last.what == decision::show);
  CHECK(w.last.sentence.find("Leave out: `@everyone`") != std::string::npos);
  CHECK(screen(w.r, w.seen()).find("⚠️ Community name") != std::string::npos); // Still, after a refresh.
  auto stored = read_record(to_text(w.r));
  REQUIRE(stored);
  CHECK(stored->refused == w.r.refused);
  const auto form = correct(w);
  CHECK(form.id == "community-name:" + w.r.id);
  CHECK(form.values == std::map<std::string, std::string>{{"name", "Dune @everyone"}});
  w.submit("community-name", {{"name", "Dune"}});
  CHECK(w.r.draft.name == "Dune");
  CHECK_FALSE(offers_correction(w));
  w.submit("community-name", {{"name", "D"}});
  CHECK(w.r.draft.name == "Dune"); // An accepted value stays until another one is accepted.
  CHECK(correct(w).values.at("name") == "D");
  w.click("continue");
  CHECK_FALSE(w.r.refused);
}

TEST_CASE("wizard: a mistyped asset opens its form again with everything in it, as often as it takes") {
  walk w;
  w.to(step::asset_config);
  const std::map<std::string, std::string> typed{
    {"address", "0x00000000000000000000000000000000000000zz"}, {"token_id", "7"}, {"min_balance", "1.5"}};
  for (int i = 0; i < 2; ++i) {
    w.submit("asset-address", typed, "erc1155:berachain");
    CHECK(w.last.sentence.find("Contract address") != std::string::npos);
    const auto form = correct(w);
    CHECK(form.id == "asset-address:" + w.r.id + ":erc1155:berachain");
    CHECK(form.values == typed);
  }
  w.click("discard-asset");
  CHECK_FALSE(offers_correction(w));
  // Also where the chain refused it.
  w.submit("asset-address", {{"address", token}, {"min_balance", "3"}}, "erc20:berachain");
  auto facts = good_contract();
  facts.has_code = false;
  w.take(inspected(w.r, facts));
  CHECK(correct(w).values.at("min_balance") == "3");
}

TEST_CASE("wizard: refused decimals are corrected in their own form") {
  walk w;
  w.to(step::asset_config);
  w.submit("asset-address", {{"address", token}}, "erc20:berachain");
  auto facts = good_contract();
  facts.decimals.reset();
  w.take(inspected(w.r, facts));
  CHECK(correct(w).values.contains("address"));
  w.submit("asset-decimals", {{"decimals", "99"}});
  CHECK(w.last.sentence.find("0 to 77") != std::string::npos);
  CHECK(correct(w).values == std::map<std::string, std::string>{{"decimals", "99"}});
  CHECK(w.submit("asset-decimals", {{"decimals", "6"}}).what == decision::inspect);
  CHECK_FALSE(w.r.refused);
}

TEST_CASE("wizard: a refused tier is corrected in the form it came from, with all that was typed") {
  walk w;
  w.to(step::eligibility_rules);
  w.click("tier-template", {"simple"});
  const std::map<std::string, std::string> typed{
    {"name", "gold"}, {"ranks", "9-3"}, {"amount", ""}, {"color", "shiny"}, {"hoist", "maybe"}};
  w.submit("tier-add", typed);
  for (const auto* each : {"another tier is called “Gold” already", "Ranks: `1-10`", "Colour:", "yes or no"})
    CHECK_MESSAGE(w.last.sentence.find(each) != std::string::npos, each); // All that is wrong, at once.
  auto form = correct(w);
  CHECK(form.id == "tier-add:" + w.r.id);
  CHECK(form.values == typed);
  w.click("tier-pick", {"silver"});
  CHECK(correct(w).values == typed); // Another click on the page keeps it.
  w.submit("tier-edit", {{"name", "Silver"}, {"ranks", "1-10"}, {"amount", "5"}}, "silver");
  form = correct(w);
  CHECK(form.id == "tier-edit:" + w.r.id + ":silver");
  CHECK(form.values.at("amount") == "5");
  w.click("tier-pick", {"silver"});
  w.click("tier-remove");
  CHECK_FALSE(offers_correction(w)); // The tier that it was about is gone.
  CHECK(w.submit("tier-edit", {{"name", "Silver"}, {"ranks", "1-10"}}, "silver").what == decision::refuse);
}

TEST_CASE("wizard: what was typed beyond an input's bounds is cut for the form, and keeps none from opening") {
  walk w;
  w.submit("community-name", {{"name", std::string(3'000, 'x')}});
  CHECK(correct(w).values.at("name") == std::string(100, 'x'));
  w.submit("community-name", {{"name", "é"}});
  CHECK(correct(w).values.at("name") == "é");
  w.to(step::asset_config);
  w.submit("asset-address", {{"address", "0x12"}}, "erc20:berachain");
  CHECK(correct(w).values.at("address") == "0x12");
}

TEST_CASE("wizard: a name without room in a button is filled in from the session") {
  walk w;
  w.to(step::review);
  w.submit("community-name", {{"name", std::string(90, 'n')}});
  const auto text = screen(w.r, w.seen());
  const auto id = "wizard:edit-name:" + w.r.id + ":v" + std::to_string(w.r.version);
  REQUIRE(text.find(id) != std::string::npos);
  interaction x;
  x.kind = interaction_kind::component;
  x.custom_id = id;
  CHECK_FALSE(modal_for(x));
  const auto d = w.click("edit-name");
  REQUIRE(d.what == decision::open_form);
  CHECK(read_form(d.form).values.at("name") == std::string(90, 'n'));
}

TEST_CASE("wizard: a session that an earlier build stored is read, and written as that build reads it") {
  const std::string stored =
    R"({"layout":1,"id":"aaaaaaaaaaaaaaaaaaaaaaau00000001","user":"1","guild":"2","channel":"3",)"
    R"("state":"CHANNEL_STRUCTURE","from_review":false,"draft":{"name":"Dune","chains":["base"],)"
    R"("assets":[{"id":"asset-1","type":"native","chain":"base","symbol":"ETH","decimals":18}],)"
    R"("tier_template":"simple","theme":"basic","tiers":[{"id":"gold","name":"Gold","min_rank":1,"max_rank":10}],)"
    R"("roles":[{"id":"role-gold","name":"Gold","color":16766720,"hoist":true,"mentionable":false,)"
    R"("permissions":[],"tier":"gold"}],"channel_template":"","categories":[{"id":"cat-a","name":"A",)"
    R"("access":["gold"]}],"channels":[{"id":"ch-a","name":"a","type":"text","access":[],"read_only":false,)"
    R"("category":"cat-a"}]},"focus":{"asset_chain":"","tier":"","role_page":0},"base_version":0,)"
    R"("base_resources":[],"submitted":{"attempt":0,"version":0,"deployment":"","job":""},"error":"",)"
    R"("guild_name":"","created_ms":1,"updated_ms":2})";
  auto r = read_record(stored);
  REQUIRE(r);
  CHECK_FALSE(r->refused);
  CHECK_FALSE(r->draft.tiers[0].threshold);
  CHECK_FALSE(r->draft.channels[0].existing);
  CHECK(to_text(*r) == stored);
}
