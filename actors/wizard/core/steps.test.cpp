#include "actors/wizard/core/steps.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/screens.hpp"
#include "schemas/permissions.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <random>
#include <set>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
constexpr auto token = "0x00000000000000000000000000000000000000Aa";

guild_facts good_facts() {
  guild_facts f;
  f.guild_name = "Dune Traders";
  f.bot_permissions = permissions::administrator;
  f.bot_top_position = 10;
  f.roles = {{snowflake{100000000000000001}, "Bot", 10, true}, {snowflake{100000000000000002}, "Elder", 5, false}, {snowflake{100000000000000003}, "Guest", 1, false}};
  return f;
}
contract_facts good_contract() {
  contract_facts c;
  c.known = c.has_code = c.matches_type = true;
  c.address = token;
  c.symbol = "SPICE";
  c.decimals = 6;
  return c;
}

/// Walks the machine as an admin would; the store's part (raising the version) is done here.
struct walk {
  guild_facts facts = good_facts();
  record r = fresh(std::string(32, 'a'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
  decision last;
  walk() { r.version = 1; }

  world seen() { return {everything(), &facts, 0}; }
  decision take(decision d) {
    last = d;
    if (d.what == decision::show || d.what == decision::deploy || d.what == decision::retry || d.what == decision::inspect) {
      const auto version = r.version;
      r = d.next;
      r.version = version + 1;
    }
    return d;
  }
  decision click(std::string action, std::vector<std::string> values = {}, std::string argument = {}) {
    return take(apply(r, {event::click, r.id, std::move(action), std::move(argument), r.version, std::move(values), {}}, seen()));
  }
  decision submit(std::string modal, std::map<std::string, std::string> fields, std::string argument = {}) {
    return take(apply(r, {event::submit, r.id, std::move(modal), std::move(argument), std::nullopt, {}, std::move(fields)}, seen()));
  }
  void name() { submit("community-name", {{"name", "Dune Traders"}}); }
  void chains() { click("chain", {"berachain"}); click("continue"); }
  void native() { submit("asset-address", {{"min_balance", "10"}}, "native:berachain"); }
  void to(step s) {
    for (int i = 0; i < 20 && r.at != s; ++i)
      switch (r.at) {
        case step::init: name(); break;
        case step::chain_select: chains(); break;
        case step::asset_config: native(); click("continue"); break;
        case step::eligibility_rules: click("tier-template", {"simple"}); click("continue"); break;
        case step::role_mapping: click("continue"); break;
        case step::channel_structure: click("channel-template", {"standard"}); click("continue"); break;
        case step::review: click("deploy"); break;
        case step::deploy: r = settled(submission_accepted(r, {1, "d", "j"}), {1, s == step::failed ? "failed" : "completed", "", 0, {}}); break;
        case step::complete: case step::failed: return;
      }
    REQUIRE(r.at == s);
  }
};

const std::vector<step> all_steps{step::init, step::chain_select, step::asset_config, step::eligibility_rules, step::role_mapping,
                                  step::channel_structure, step::review, step::deploy, step::complete, step::failed};

struct control { std::string id; std::vector<std::string> options; };
std::vector<control> controls_of(const std::string& text, size_t& rows) {
  std::vector<control> out;
  auto parsed = boost::json::parse(text);
  for (auto& row : parsed.at("components").as_array()) {
    ++rows;
    CHECK(row.at("components").as_array().size() >= 1);
    CHECK(row.at("components").as_array().size() <= 5);
    for (auto& c : row.at("components").as_array()) {
      if (auto* off = c.as_object().if_contains("disabled"); off && off->as_bool())
        continue;
      control found{std::string{c.at("custom_id").as_string()}, {}};
      if (auto* options = c.as_object().if_contains("options")) {
        CHECK(options->as_array().size() <= 25);
        CHECK(!options->as_array().empty());
        for (auto& o : options->as_array())
          found.options.emplace_back(o.at("value").as_string());
      }
      out.push_back(std::move(found));
    }
  }
  return out;
}

interaction component(const std::string& id, std::vector<std::string> values = {}) {
  interaction x;
  x.kind = interaction_kind::component;
  x.custom_id = id;
  x.values = std::move(values);
  return x;
}
} // namespace

TEST_CASE("wizard: a whole walk ends in a manifest with stable ids") {
  walk w;
  w.to(step::review);
  CHECK(gaps(w.r.draft, everything()).empty());
  const auto m = build_manifest(w.r.draft);
  CHECK(m.community_name == "Dune Traders");
  REQUIRE(m.assets.size() == 1);
  CHECK(m.assets[0].id == "asset-1");
  CHECK(m.assets[0].symbol == "BERA");
  CHECK(m.assets[0].min_balance == "10");
  REQUIRE(m.roles.size() == 3);
  CHECK(m.roles[0].id == "role-gold");
  CHECK(m.roles[0].tier_id == "gold");
  CHECK(m.roles[0].color == 0xFFD700);
  REQUIRE(m.categories.size() == 2);
  CHECK(m.categories[1].id == "cat-vip");
  CHECK(m.categories[1].access_tiers == std::vector<std::string>{"gold", "silver"});
  CHECK(m.channels[3].id == "ch-vip-chat");
  CHECK(m.channels[3].category_id == "cat-vip");
  CHECK(m.channels[0].read_only);
  w.click("deploy");
  CHECK(w.last.what == decision::deploy);
  CHECK(w.r.at == step::deploy);
  CHECK(w.r.idempotency_key() == std::string(32, 'a') + "-1");
}

TEST_CASE("wizard: continue leads to the next step, back to the one before, from every step") {
  for (auto s : all_steps) {
    if (s >= step::review)
      continue;
    walk w;
    w.to(s);
    const auto next = static_cast<step>(static_cast<int>(s) + 1);
    w.to(next);
    CHECK(w.r.at == next);
    CHECK(w.click("back").what == decision::show);
    CHECK(w.r.at == s);
    if (s == step::init)
      CHECK(w.click("back").what == decision::refuse);
  }
  walk review;
  review.to(step::review);
  review.click("back");
  CHECK(review.r.at == step::channel_structure);
}

TEST_CASE("wizard: a step that lacks its answer refuses to go on and says what to do") {
  const std::vector<std::pair<step, std::string>> table{{step::init, "Community name"}, {step::chain_select, "Blockchain"},
                                                        {step::asset_config, "Assets"}, {step::eligibility_rules, "Tiers"},
                                                        {step::channel_structure, "Channels"}};
  for (auto& [at, word] : table) {
    walk w;
    w.to(at);
    w.click("continue");
    CHECK(w.last.what == decision::refuse);
    CHECK(w.last.sentence.find(word) != std::string::npos);
    CHECK(w.r.at == at);
  }
}

TEST_CASE("wizard: any step can be edited from the review and returns to the review") {
  const std::vector<std::pair<std::string, step>> table{{"edit-chain", step::chain_select}, {"edit-assets", step::asset_config},
                                                        {"edit-tiers", step::eligibility_rules}, {"edit-roles", step::role_mapping},
                                                        {"edit-channels", step::channel_structure}};
  for (auto& [action, at] : table)
    for (auto leave : {"continue", "back"}) {
      walk w;
      w.to(step::review);
      const auto before = w.r.draft;
      REQUIRE(w.click(action).what == decision::show);
      CHECK(w.r.at == at);
      REQUIRE(w.click(leave).what == decision::show);
      CHECK(w.r.at == step::review);
      CHECK(w.r.draft == before);
      CHECK_FALSE(w.r.from_review);
    }
  walk w;
  w.to(step::review);
  CHECK(w.submit("community-name", {{"name", "Other Name"}}).what == decision::show);
  CHECK(w.r.at == step::review);
  CHECK(w.r.draft.name == "Other Name");
}

TEST_CASE("wizard: an edit that leaves a hole leads to the hole, not to a review that cannot be deployed") {
  walk w;
  w.to(step::review);
  w.click("edit-chain");
  w.click("chain", {"base"});
  CHECK(w.last.sentence == "Removed with their chain: BERA on berachain.");
  w.click("continue");
  CHECK(w.r.at == step::asset_config);
  CHECK(w.r.from_review);
  w.submit("asset-address", {}, "native:base");
  w.click("continue");
  CHECK(w.r.at == step::review);
}

TEST_CASE("wizard: roles follow the tiers: stale ones go, missing ones are made, kept ones keep their choice") {
  walk w;
  w.to(step::role_mapping);
  w.click("role-gold", {"100000000000000002"});
  REQUIRE(w.last.what == decision::show);
  w.click("role-silver", {"100000000000000002"});
  CHECK(w.last.what == decision::refuse); // One role, one tier.
  w.to(step::review);
  w.click("edit-tiers");
  w.click("tier-template", {"standard"});
  w.click("continue");
  CHECK(w.r.at == step::review);
  REQUIRE(w.r.draft.roles.size() == 5);
  CHECK(w.r.draft.roles[0].tier_id == "diamond");
  CHECK_FALSE(w.r.draft.roles[0].existing);
  CHECK(w.r.draft.roles[2].existing == snowflake{100000000000000002});
  CHECK(w.r.draft.categories[1].access_tiers == std::vector<std::string>{"diamond", "platinum"});
  CHECK(gaps(w.r.draft, everything()).empty());
}

TEST_CASE("wizard: a channel that was restricted never becomes open by a change of tiers") {
  walk w;
  w.to(step::review);
  auto d = w.r.draft;
  d.channel_template = "current";
  d.channels[3].access_tiers = {"bronze"};
  choose_tiers(d, tier_template{"two", "Two", "", "basic", 9, {{"High", 1, 5, 1}, {"Low", 6, 9, 2}}});
  CHECK(d.channels[3].access_tiers == std::vector<std::string>{"low"});
  CHECK(d.categories[1].access_tiers == std::vector<std::string>{"high", "low"});
}

TEST_CASE("wizard: a contract is inspected before it counts, and unknown is not no") {
  walk w;
  w.to(step::asset_config);
  w.submit("asset-address", {{"address", token}, {"min_balance", "2.5"}}, "erc20:berachain");
  REQUIRE(w.last.what == decision::inspect);
  contract_facts silent;
  silent.why = "no endpoint answered";
  w.take(inspected(w.r, silent));
  CHECK(w.r.draft.assets.empty());
  REQUIRE(w.r.draft.typed);
  CHECK(w.r.draft.typed->address == token);
  CHECK(w.click("continue").what == decision::refuse);
  REQUIRE(w.click("check-again").what == decision::inspect);
  w.take(inspected(w.r, good_contract()));
  REQUIRE(w.r.draft.assets.size() == 1);
  CHECK(w.r.draft.assets[0].symbol == "SPICE");
  CHECK(w.r.draft.assets[0].decimals == 6);
  CHECK_FALSE(w.r.draft.typed);
}

TEST_CASE("wizard: what a contract answers decides, with a sentence") {
  auto typed = [](auto change) {
    walk w;
    w.to(step::asset_config);
    w.submit("asset-address", {{"address", token}, {"token_id", "7"}, {"min_balance", "1.1234567"}}, "erc20:berachain");
    auto c = good_contract();
    change(c);
    return inspected(w.r, c);
  };
  CHECK(typed([](auto& c) { c.has_code = false; }).sentence.find("no contract") != std::string::npos);
  CHECK(typed([](auto& c) { c.matches_type = false; }).sentence.find("does not answer as ERC-20") != std::string::npos);
  CHECK(typed([](auto&) {}).sentence.find("6 decimals") != std::string::npos);
  CHECK(typed([](auto& c) { c.decimals = 7; c.symbol = "<@1>`EVIL`"; }).next.draft.assets.at(0).symbol == "1EVIL");
  CHECK(typed([](auto& c) { c.decimals = 77; }).sentence.find("0 to 18") != std::string::npos);
}

TEST_CASE("wizard: fields that break a rule are named, kept and not added") {
  struct bad { const char* type; std::map<std::string, std::string> fields; const char* says; };
  const std::vector<bad> table{{"erc20:berachain", {{"address", "0x12"}}, "Contract address"},
                               {"erc20:berachain", {{"address", std::string(42, 'g')}}, "Contract address"},
                               {"erc1155:berachain", {{"address", token}, {"token_id", "-1"}}, "Token ID"},
                               {"erc1155:berachain", {{"address", token}, {"token_id", std::string(78, '9')}}, "Token ID"},
                               {"erc721:berachain", {{"address", token}, {"min_balance", "1.5"}}, "whole numbers"},
                               {"native:berachain", {{"min_balance", "0"}}, "above zero"},
                               {"native:berachain", {{"min_balance", "1,000"}}, "no separators"},
                               {"native:base", {}, "not among those"},
                               {"nonsense:berachain", {}, "Asset type"}};
  for (auto& x : table) {
    walk w;
    w.to(step::asset_config);
    w.submit("asset-address", x.fields, x.type);
    CAPTURE(x.says);
    CHECK(w.last.sentence.find(x.says) != std::string::npos);
    CHECK(w.r.draft.assets.empty());
    CHECK(w.r.draft.typed);
    w.click("discard-asset");
    CHECK_FALSE(w.r.draft.typed);
  }
}

TEST_CASE("wizard: at most five assets, none twice, any removed") {
  walk w;
  w.to(step::asset_config);
  w.native();
  w.native();
  CHECK(w.last.sentence.find("in the list already") != std::string::npos);
  w.click("discard-asset");
  for (int i = 1; i < 5; ++i) {
    auto c = good_contract();
    c.address.back() = static_cast<char>('0' + i);
    auto typed = std::string{token};
    typed.back() = static_cast<char>('0' + i);
    w.submit("asset-address", {{"address", typed}}, "erc721:berachain");
    w.take(inspected(w.r, c));
  }
  CHECK(w.r.draft.assets.size() == 5);
  w.submit("asset-address", {{"address", token}}, "erc20:berachain");
  CHECK(w.last.sentence.find("at most 5") != std::string::npos);
  w.click("discard-asset");
  w.click("remove-asset", {}, "1");
  REQUIRE(w.r.draft.assets.size() == 4);
  CHECK(w.r.draft.assets[1].id == "asset-3");
  w.submit("asset-address", {{"address", token}}, "erc20:berachain");
  w.take(inspected(w.r, good_contract()));
  CHECK(w.r.draft.assets.back().id == "asset-2"); // The free id; those of the others did not move.
}

TEST_CASE("wizard: names keep to their rule") {
  CHECK(*check_name("  Dune   Traders ") == "Dune Traders");
  CHECK(*check_name("Общество_42-x") == "Общество_42-x");
  CHECK_FALSE(check_name("ab"));
  CHECK_FALSE(check_name(std::string(101, 'x')));
  CHECK_FALSE(check_name("a`b`c"));
  CHECK_FALSE(check_name("@everyone"));
  CHECK_FALSE(check_name("abc\xE2\x80\xAE" "def")); // A right-to-left override.
  CHECK(name_from_guild("🔥 Dune: Traders!") == "Dune Traders");
  CHECK(name_from_guild("??").empty());
}

TEST_CASE("wizard: the second of two clicks on one screen does nothing and is told") {
  walk w;
  w.to(step::asset_config);
  w.native();
  const event twice{event::click, w.r.id, "continue", "", w.r.version, {}, {}};
  w.take(apply(w.r, twice, w.seen()));
  CHECK(w.r.at == step::eligibility_rules);
  const auto second = apply(w.r, twice, w.seen());
  CHECK(second.what == decision::overtaken);
  CHECK(second.sentence.find("quicker") != std::string::npos);
  // The twin: without the version in the custom id the same click would act on a screen that the admin has not seen.
  auto blind = twice;
  blind.action = "back";
  blind.seen_version.reset();
  CHECK(apply(w.r, blind, w.seen()).next.at == step::asset_config);
}

TEST_CASE("wizard: a plan is not deployed against the guild's will, and the sentence says what to change") {
  struct wall { const char* says; void (*build)(walk&); };
  const std::vector<wall> table{
    {"Manage Roles", [](walk& w) { w.facts.bot_permissions = permissions::manage_channels; }},
    {"no role of its own", [](walk& w) { w.facts.bot_top_position = 0; }},
    {"Drag the bot's role above", [](walk& w) { w.r.draft.roles[0].existing = snowflake{100000000000000002}; w.facts.bot_top_position = 5; }},
    {"is gone", [](walk& w) { w.r.draft.roles[0].existing = snowflake{100000000000000009}; }},
    {"belongs to an integration", [](walk& w) { w.r.draft.roles[0].existing = snowflake{100000000000000001}; w.facts.bot_top_position = 20; }},
    {"250", [](walk& w) { w.facts.roles.resize(248); }},
    {"500", [](walk& w) { w.facts.channel_count = 494; }},
    {"choose at least one", [](walk& w) { w.r.draft.chains.clear(); }}};
  for (auto& x : table) {
    walk w;
    w.to(step::review);
    x.build(w);
    CAPTURE(x.says);
    CHECK(w.click("deploy").what == decision::refuse);
    CHECK(w.last.sentence.find(x.says) != std::string::npos);
    CHECK(screen(w.r, w.seen()).find("\"disabled\":true") != std::string::npos);
  }
  walk unread;
  unread.to(step::review);
  CHECK(apply(unread.r, {event::click, unread.r.id, "deploy", "", unread.r.version, {}, {}}, {everything(), nullptr, 0}).what == decision::refuse);
}

TEST_CASE("wizard: retry after a failure works, whether it was submitted or not") {
  walk w;
  w.to(step::failed);
  CHECK(w.click("retry").what == decision::retry);
  CHECK(w.r.at == step::deploy);
  CHECK(w.r.submitted.version == 1);

  walk refused;
  refused.to(step::deploy);
  refused.r = submission_failed(refused.r, true, "frozen");
  CHECK(refused.r.at == step::failed);
  CHECK(refused.click("retry").what == decision::deploy);
  CHECK(refused.r.idempotency_key().ends_with("-2"));

  walk unsure;
  unsure.to(step::deploy);
  unsure.r = submission_failed(unsure.r, false, "no answer");
  CHECK(unsure.r.at == step::deploy);
  CHECK(unsure.click("retry").what == decision::deploy);
  CHECK(unsure.r.idempotency_key().ends_with("-1")); // The same key: it cannot happen twice.
  CHECK(unsure.click("cancel").what == decision::refuse);

  walk changed;
  changed.to(step::failed);
  changed.click("back");
  CHECK(changed.r.at == step::review);
  CHECK(changed.click("deploy").what == decision::deploy);
}

TEST_CASE("wizard: a deployment settles by its own version only") {
  walk w;
  w.to(step::deploy);
  auto running = submission_accepted(w.r, {3, "d", "j"});
  CHECK(settled(running, {2, "completed", "", 0, {}}).at == step::deploy);
  CHECK(settled(running, {3, "running", "", 0, {}}).at == step::deploy);
  CHECK(settled(running, {3, "completed", "", 0, {}}).at == step::complete);
  CHECK(settled(running, {3, "failed", "Move the role up.", 0, {}}).error == "Move the role up.");
  CHECK(settled(running, {4, "running", "", 0, {}}).at == step::complete);
}

TEST_CASE("wizard: editing a community builds the very manifest again") {
  walk w;
  w.to(step::review);
  auto active = build_manifest(w.r.draft);
  active.roles[1].permissions = {"VIEW_CHANNEL"};
  auto e = editing(fresh("b", snowflake{1}, snowflake{2}, snowflake{3}, 0), active, 4);
  CHECK(e.at == step::review);
  CHECK(e.base_version == 4);
  CHECK(build_manifest(e.draft) == active);
  CHECK(gaps(e.draft, everything()).empty());
  CHECK(e.base_resources.size() == 3 + 2 + 5);
}

TEST_CASE("wizard: a record survives its text, and a strange text is refused") {
  walk w;
  w.to(step::role_mapping);
  w.click("role-gold", {"100000000000000002"});
  w.to(step::review);
  w.r.draft.typed = typed_asset{"erc20", "base", "0x", "", "1", "why \"so\""};
  w.r.base_resources = {"role-gold"};
  auto back = read_record(to_text(w.r));
  REQUIRE(back);
  back->version = w.r.version;
  CHECK(*back == w.r);
  CHECK(code_of(read_record("{").error()) == ec::corrupt);
  CHECK(code_of(read_record("{\"layout\":99}").error()) == ec::unsupported);
  CHECK(code_of(read_record("{\"layout\":1,\"state\":\"REVIEW\",\"draft\":{\"chains\":[1]}}").error()) == ec::corrupt);
}

TEST_CASE("wizard: modals are known from the interaction alone and prefilled where there is room") {
  auto r = fresh(std::string(32, 'c'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
  r.guild_name = "Dune Traders";
  r.version = 7;
  auto text = screen(r, {everything()});
  auto m = modal_for(component("wizard:start:" + r.id + ":Dune Traders:v7"));
  CHECK(text.find("wizard:start:" + r.id + ":Dune Traders:v7") != std::string::npos);
  REQUIRE(m);
  CHECK(m->find("\"value\":\"Dune Traders\"") != std::string::npos);
  r.draft.name = std::string(90, 'x');
  CHECK(screen(r, {everything()}).find("wizard:start:" + r.id + ":v7") != std::string::npos);
  for (auto& type : asset_types())
    CHECK(modal_for(component("wizard:asset-type:" + r.id + ":base:v7", {type})));
  CHECK_FALSE(modal_for(component("wizard:asset-type:" + r.id + ":base:v7", {"gold"})));
  CHECK_FALSE(modal_for(component("wizard:continue:" + r.id + ":v7")));
  CHECK_FALSE(modal_for(component("asset-address:" + r.id)));
  CHECK_FALSE(modal_for(component("")));
}

TEST_CASE("wizard: custom ids are read as they are written") {
  auto id = parse_custom_id("wizard:remove-asset:s1:0:v12");
  REQUIRE(id);
  CHECK(id->action == "remove-asset");
  CHECK(id->session == "s1");
  CHECK(id->argument == "0");
  CHECK(id->version == 12);
  CHECK(parse_custom_id("wizard:back:s1:v3")->argument.empty());
  CHECK(parse_custom_id("asset-address:s1:erc20:base")->argument == "erc20:base");
  for (auto bad : {"", "wizard", "wizard:", "wizard::", "wizard:back", "wizard:back:", "other:x:y", "wizard::s1"})
    CHECK_FALSE(parse_custom_id(bad));
  CHECK_FALSE(parse_custom_id("wizard:back:" + std::string(100, 'a')));
}

TEST_CASE("wizard: from every state, every button and every choice of its own screen is accepted") {
  std::mt19937 chance{20261124};
  std::set<step> reached;
  std::set<std::string> actions;
  auto facts = good_facts();
  for (int i = 0; i < 40; ++i)
    facts.roles.push_back({snowflake{100000000000000100 + static_cast<uint64_t>(i)}, "Role " + std::to_string(i), 2, false});
  for (int life = 0; life < 150; ++life) {
    auto r = fresh(std::string(32, 'd'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
    r.guild_name = "Dune Traders";
    r.version = 1;
    for (int i = 0; i < 60 && r.at != step::complete; ++i) {
      reached.insert(r.at);
      const world w{everything(), &facts, 0};
      const auto text = screen(r, w);
      size_t rows = 0;
      auto controls = controls_of(text, rows);
      CHECK(rows <= 5);
      std::set<std::string> unique;
      for (auto& c : controls) {
        CHECK(c.id.size() <= custom_id_max);
        CHECK(unique.insert(c.id).second);
        for (auto& value : c.options.empty() ? std::vector<std::string>{""} : c.options) {
          auto x = component(c.id, value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value});
          auto e = event_of(x);
          REQUIRE(e);
          actions.insert(e->action);
          if (modal_for(x))
            continue;
          const auto d = apply(r, *e, w);
          const bool taken_role = e->action.starts_with("role-") && d.sentence.find("another tier already") != std::string::npos;
          CAPTURE(c.id);
          CAPTURE(d.sentence);
          CHECK((d.what != decision::refuse || taken_role));
          CHECK(d.what != decision::overtaken);
        }
      }
      REQUIRE_FALSE(controls.empty());
      auto* pick = &controls[chance() % controls.size()];
      const bool ends = pick->id.starts_with("wizard:cancel") || pick->id.starts_with("wizard:restart");
      for (auto& c : controls) // Aimless walks rarely arrive: every second step goes on where it can.
        if ((ends || chance() % 2) && (c.id.starts_with("wizard:continue") || c.id.starts_with("wizard:deploy") || c.id.starts_with("wizard:start")) && chance() % 10)
          pick = &c;
      auto& chosen = *pick;
      auto x = component(chosen.id, chosen.options.empty() ? std::vector<std::string>{} : std::vector<std::string>{chosen.options[chance() % chosen.options.size()]});
      auto e = *event_of(x);
      if (modal_for(x)) {
        e.what = event::submit;
        if (e.action == "asset-type") {
          e.action = "asset-address";
          e.argument = x.values[0] + ":" + e.argument;
          e.fields = {{"address", chance() % 3 ? token : "0x"}, {"token_id", "1"}};
        } else {
          e.action = "community-name";
          e.fields = {{"name", "Dune Traders"}};
        }
      }
      auto d = apply(r, e, w);
      if (d.what == decision::inspect)
        d = inspected(d.next, chance() % 2 ? good_contract() : contract_facts{});
      const auto version = r.version;
      if (d.what == decision::end)
        break;
      if (d.what == decision::restart)
        d.next = fresh(r.id, r.user, r.guild, r.channel, 0);
      if (d.what != decision::refuse)
        r = d.next;
      if (d.what == decision::deploy)
        r = chance() % 3 ? submission_accepted(r, {1, "d", "j"}) : submission_failed(r, chance() % 2 == 0, "why");
      if (d.what == decision::refresh)
        r = settled(r, {r.submitted.version, chance() % 2 ? "failed" : "completed", "", 0, {}});
      r.version = version + 1;
      auto again = read_record(to_text(r));
      REQUIRE(again);
      again->version = r.version;
      CHECK(*again == r);
    }
    reached.insert(r.at);
  }
  CHECK(reached.size() == all_steps.size());
  for (auto expected : {"start", "continue", "skip", "back", "cancel", "retry", "deploy", "auto-create", "edit-chain", "edit-tiers", "edit-assets",
                        "edit-roles", "edit-channels", "edit-name", "remove-asset", "restart", "chain", "asset-type", "tier-template", "channel-template"})
    CHECK_MESSAGE(actions.contains(expected), std::string{expected});
}
