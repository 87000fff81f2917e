#include "actors/guild/core/dangerous_permissions.hpp"
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/walk.test.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <functional>
#include <random>
#include <set>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
struct control {
  std::string id;
  std::vector<std::string> options;
};
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
  CHECK(modal_for(component("wizard:asset-decimals:" + r.id + ":v7"))->find("asset-decimals:" + r.id)
        != std::string::npos);
  CHECK_FALSE(modal_for(component("wizard:continue:" + r.id + ":v7")));
  CHECK_FALSE(modal_for(component("asset-address:" + r.id)));
  CHECK_FALSE(modal_for(component("")));
}

TEST_CASE("wizard: a session's id tells its own user from another, and one of an older build is taken for one's own") {
  const auto id = session_id(std::string(24, 'f'), snowflake{0x1'2345'6789});
  CHECK(id.size() == 32);
  CHECK(belongs_to(id, snowflake{0x1'2345'6789}));
  CHECK_FALSE(belongs_to(id, snowflake{0x1'2345'678a}));
  CHECK(belongs_to(std::string(32, 'a'), snowflake{7}));
  CHECK(belongs_to("", snowflake{7}));
}

TEST_CASE("wizard: the screens say when the session closes, as the reader's own time") {
  walk w;
  w.to(step::chain_select);
  w.r.updated_ms = 1'000'000'000;
  auto seen = w.seen();
  CHECK(screen(w.r, seen).find("Closes") == std::string::npos);
  seen.session_ttl_ms = 900'000;
  CHECK(screen(w.r, seen).find("Closes <t:1000900:t> if unused.") != std::string::npos);
  seen.is_drafted = true;
  CHECK(screen(w.r, seen).find("Closes <t:1000900:t> if unused; your draft is kept for 7 days, `/resume` opens it.")
        != std::string::npos);
  w.r.updated_ms += 60'000; // The next click.
  CHECK(screen(w.r, seen).find("Closes <t:1000960:t>") != std::string::npos);
  walk fresh;
  CHECK(screen(fresh.r, seen).find("draft") == std::string::npos); // Nothing was answered yet.
  w.to(step::deploy);
  CHECK(screen(w.r, seen).find("Closes") == std::string::npos); // The deployment goes on without it.
}

TEST_CASE("wizard: wording of assets, tiers and the end") {
  walk w;
  w.to(step::asset_config);
  CHECK(screen(w.r, w.seen()).find("NFT collection (ERC-721)") != std::string::npos); // In the menu.
  w.submit("asset-address", {{"address", token}}, "erc721:berachain");
  w.take(inspected(w.r, good_contract()));
  CHECK(w.last.sentence == "SPICE added (contract found on Berachain).");
  CHECK(screen(w.r, w.seen()).find("(NFT collection on Berachain)") != std::string::npos);
  w.to(step::eligibility_rules);
  w.click("tier-template", {"sietch"});
  const auto tiers = screen(w.r, w.seen());
  CHECK(tiers.find("999999") == std::string::npos);
  CHECK(tiers.find("rank 1001 and below") != std::string::npos);
  w.to(step::failed);
  CHECK(offer_screen(w.r).find("Your last setup did not finish. Continue it or start over?") != std::string::npos);
  CHECK(deployment_screen({3, "failed", "why", 4, {}}).find("Version 3 could not be built; 4 roles")
        != std::string::npos);
}

TEST_CASE("wizard: a role with a dangerous permission is not offered, refused when chosen, and noticed at the review") {
  walk w;
  w.facts.roles[2].permissions = permissions::administrator; // Elder.
  w.to(step::role_mapping);
  const auto page = screen(w.r, w.seen());
  CHECK(page.find("\"value\":\"100000000000000002\"") == std::string::npos);
  CHECK(page.find("Not offered: “Elder”") != std::string::npos);
  REQUIRE(w.click("role-gold", {"100000000000000002"}).what == decision::refuse);
  CHECK(w.last.sentence.find("it has Administrator (its holders can do everything") != std::string::npos);
  for (const auto& d : permissions::dangers()) { // Each of the list.
    w.facts.roles[2].permissions = d.bit;
    CHECK_MESSAGE(w.click("role-gold", {"100000000000000002"}).what == decision::refuse, d.label);
  }
  // Negative controls: what everyone has is nothing that the role gives, and all other permissions are harmless.
  w.facts.roles[0].permissions = w.facts.roles[2].permissions = permissions::mention_everyone;
  CHECK(w.click("role-gold", {"100000000000000002"}).what == decision::show);
  w.facts.roles[0].permissions = 0;
  CHECK(w.click("role-gold", {"100000000000000002"}).what == decision::refuse);
  w.facts.roles[2].permissions = ~permissions::dangerous_bits();
  REQUIRE(w.click("role-gold", {"100000000000000002"}).what == decision::show);
  w.to(step::review);
  CHECK(screen(w.r, w.seen()).find("cannot stand for a tier") == std::string::npos);
  w.facts.roles[2].permissions = permissions::ban_members; // Gained afterwards.
  CHECK(screen(w.r, w.seen()).find("cannot stand for a tier: it has Ban Members") != std::string::npos);
  REQUIRE(w.click("deploy").what == decision::refuse);
  CHECK(w.last.sentence.find("Ban Members") != std::string::npos);
}

TEST_CASE("wizard: of two roles with one name place, colour and number of members tell them apart") {
  walk w;
  w.facts.roles.push_back(role(100000000000000060, "Elder", 4));
  w.facts.roles.back().color = 0xFFD700;
  CHECK(has_equal_names(assignable(w.facts)));
  w.to(step::role_mapping);
  CHECK(screen(w.r, w.seen()).find("Place 2 from the top · no colour\"") != std::string::npos);
  w.facts.role_members = {{snowflake{100000000000000002}, 12}, {snowflake{100000000000000060}, 1}};
  const auto text = screen(w.r, w.seen());
  CHECK(text.find("Place 2 from the top · no colour · 12 members") != std::string::npos);
  CHECK(text.find("Place 3 from the top · #FFD700 · 1 member\"") != std::string::npos);
  w.facts.roles.back().name = "Other"; // Negative control: a name that is there once says enough.
  CHECK(screen(w.r, w.seen()).find("from the top") == std::string::npos);
  CHECK_FALSE(has_equal_names(assignable(w.facts)));
}

TEST_CASE(
  "wizard: the review notices when a role of the active version gained a dangerous permission; Deploy mends it") {
  walk made;
  made.to(step::review);
  walk w;
  w.r = editing(fresh(std::string(32, 'a'), snowflake{1}, snowflake{2}, snowflake{3}, 0), build_manifest(made.r.draft),
                1);
  w.r.version = 1;
  w.facts.roles.push_back(role(100000000000000050, "Gold", 3));
  w.deployed[{"role", "role-gold"}] = w.facts.roles.back().id;
  CHECK(screen(w.r, w.seen()).find("somebody gave it") == std::string::npos);
  w.facts.roles.back().permissions = permissions::manage_guild;
  CHECK(screen(w.r, w.seen()).find("The role “Gold” stands for a tier, and somebody gave it Manage Server")
        != std::string::npos);
  CHECK(w.click("deploy").what == decision::deploy);
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
  CHECK(retried_version(retry_button_id(7)) == 7);
  CHECK(retried_version("deployment:retry:0") == 0);
  for (auto odd : {"deployment:retry:-0", "deployment:retry:07", "deployment:retry:", "deployment:retry:+1"})
    CHECK_FALSE(retried_version(odd));
}

namespace {
/// Wanders through the machine by its own screens.
struct wanderer {
  std::mt19937 chance{20261124};
  guild::state facts = good_facts();
  std::set<step> reached;
  std::set<std::string> actions, forms;
  record r;

  wanderer() {
    for (uint64_t i = 0; i < 40; ++i)
      facts.roles.push_back(role(100000000000000100 + i, "Role " + std::to_string(i), 2));
    for (uint64_t i = 0; i < 40; ++i) {
      auto& c = facts.channels.emplace_back();
      c.id = snowflake{100000000000000200 + i};
      c.name = "channel-" + std::to_string(i);
      c.type = i % 4 == 0 ? guild::category : i % 4 == 1 ? guild::voice : guild::text;
    }
  }
  context seen() { return {everything(), &facts, 0}; }
  static interaction with(const control& c, const std::string& value) {
    return component(c.id, value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value});
  }
  std::string any_value(const control& c) { return c.options.empty() ? "" : c.options[chance() % c.options.size()]; }

  void must_be_accepted(const control& c, const std::string& value) {
    const auto x = with(c, value);
    const auto e = event_of(x);
    REQUIRE(e);
    actions.insert(e->action);
    if (modal_for(x))
      return;
    const auto d = apply(r, *e, seen());
    const bool taken_role = (e->action.starts_with("role-") || e->action == "channel-use")
                         && d.sentence.find(" already. ") != std::string::npos;
    CAPTURE(c.id);
    CAPTURE(d.sentence);
    CHECK((d.what != decision::refuse || taken_role));
    CHECK(d.what != decision::overtaken);
  }
  std::vector<control> checked_controls() {
    size_t rows = 0;
    auto controls = controls_of(screen(r, seen()), rows);
    CHECK(rows <= 5);
    std::set<std::string> unique;
    for (auto& c : controls) {
      CHECK(c.id.size() <= custom_id_max);
      CHECK(unique.insert(c.id).second);
      for (auto& value : c.options.empty() ? std::vector<std::string>{""} : c.options)
        must_be_accepted(c, value);
    }
    REQUIRE_FALSE(controls.empty());
    return controls;
  }
  /// Aimless walks rarely arrive: every second step goes on where it can.
  control choose(const std::vector<control>& controls) {
    auto pick = controls[chance() % controls.size()];
    const bool ends = pick.id.starts_with("wizard:cancel") || pick.id.starts_with("wizard:restart");
    for (auto& c : controls) {
      const bool onward = c.id.starts_with("wizard:continue") || c.id.starts_with("wizard:deploy")
                       || c.id.starts_with("wizard:start");
      if (onward && (ends || chance() % 2) && chance() % 10)
        pick = c;
    }
    return pick;
  }
  event event_by(const control& c) {
    const auto x = with(c, any_value(c));
    auto e = *event_of(x);
    if (!modal_for(x))
      return e;
    e.what = event::submit;
    if (e.action == "asset-type") {
      e.action = "asset-address";
      e.argument = x.values[0] + ":" + e.argument;
      e.fields = {{"address", chance() % 3 ? token : "0x"}, {"token_id", "1"}};
    } else {
      e.action = "community-name";
      e.fields = {{"name", "Dune Traders"}};
    }
    return e;
  }
  /// Fills in the form that a session opened, half of the time with nonsense.
  event event_by(const std::string& form) {
    const auto id = parse_custom_id(boost::json::parse(form).at("custom_id").as_string());
    REQUIRE(id);
    const auto first = static_cast<int64_t>(chance() % 100 + 1);
    event e{event::submit, id->session, id->prefix, id->argument, std::nullopt, {}, {}};
    e.fields = {{"name", "Tier " + std::to_string(chance() % 12)},
                {"ranks", chance() % 2 ? std::to_string(first) + "-" + std::to_string(first + 20) : "none"},
                {"address", token},
                {"token_id", "1"}};
    return e;
  }
  /// False: the session is over.
  bool take_step() {
    reached.insert(r.at);
    auto d = apply(r, event_by(choose(checked_controls())), seen());
    if (d.what == decision::open_form) {
      forms.insert(boost::json::parse(d.form).at("title").as_string().c_str());
      d = apply(r, event_by(d.form), seen());
    }
    if (d.what == decision::inspect)
      d = inspected(d.next, chance() % 2 ? good_contract() : contract_facts{});
    const auto version = r.version;
    if (d.what == decision::end)
      return false;
    if (d.what == decision::restart)
      d.next = fresh(r.id, r.user, r.guild, r.channel, 0);
    if (d.what != decision::refuse)
      r = d.next;
    if (d.what == decision::deploy)
      r = chance() % 3 ? submission_accepted(r, {1, "d", "j"}) : submission_failed(r, chance() % 2 == 0, "why");
    if (d.what == decision::refresh)
      r = settled(r, {r.submitted.version, chance() % 2 ? "failed" : "completed", "", 0, {}});
    r.version = version + 1;
    reached.insert(r.at);
    return r.at != step::complete;
  }
};
} // namespace

TEST_CASE("wizard: from every state, every button and every choice of its own screen is accepted") {
  wanderer w;
  for (int life = 0; life < 150; ++life) {
    w.r = fresh(std::string(32, 'd'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
    w.r.guild_name = "Dune Traders";
    w.r.version = 1;
    for (int i = 0; i < 60 && w.take_step(); ++i) {
      auto again = read_record(to_text(w.r));
      REQUIRE(again);
      again->version = w.r.version;
      CHECK(*again == w.r);
    }
  }
  CHECK(w.reached.size() == all_steps.size());
  for (auto expected :
       {"start",         "continue",         "skip",         "back",       "cancel",      "retry",
        "deploy",        "auto-create",      "edit-chain",   "edit-tiers", "edit-assets", "edit-roles",
        "edit-channels", "edit-name",        "remove-asset", "restart",    "chain",       "asset-type",
        "tier-template", "channel-template", "correct",      "tier-add",   "tier-edit",   "tier-up",
        "tier-down",     "tier-remove",      "tier-color",   "tier-pick",  "channel-use", "channel-pick"})
    CHECK_MESSAGE(w.actions.contains(expected), std::string{expected});
  for (auto expected : {"Add a tier", "Change a tier"})
    CHECK_MESSAGE(w.forms.contains(expected), std::string{expected});
}

TEST_CASE("wizard: where no chain has an endpoint the step says so, without a menu that Discord would refuse") {
  walk w;
  w.r.at = step::chain_select;
  const auto none = offering({});
  const auto shown = screen(w.r, {none, &w.facts});
  CHECK(shown.find("chains.rpc") != std::string::npos);
  CHECK(shown.find("Choose blockchains") == std::string::npos);
  CHECK(screen(w.r, {everything(), &w.facts}).find("Choose blockchains") != std::string::npos); // Negative control.
}

TEST_CASE("wizard: a channel's line in a screen is no heading of Discord's markdown") {
  walk w;
  w.to(step::review);
  const auto text = screen(w.r, w.seen());
  CHECK(text.find("#announcements") != std::string::npos);
  CHECK(text.find("\\n# ") == std::string::npos);
  CHECK(text.find("\"# ") == std::string::npos);
}

TEST_CASE("wizard: a manifest of the largest ids, names and numbers still has screens within Discord's bounds") {
  manifest big;
  big.community_name = std::string(100, 'n');
  for (int i = 0; i < 5; ++i)
    big.assets.push_back({"asset-" + std::to_string(i), "erc1155", i % 2 ? "base" : std::string(100, 'c'), token,
                          std::string(64, 'S'), 0, std::string(120, '9'), std::string(78, '9')});
  for (int i = 0; i < 100; ++i) {
    const auto id = std::string(96, 't') + std::to_string(1000 + i);
    big.tiers.push_back({id, std::string(100, 'N'), 1 + i, std::nullopt});
    big.roles.push_back({"role-" + std::to_string(i), std::string(100, 'R'), 0, true, false, {}, id, std::nullopt});
  }
  for (int i = 0; i < 100; ++i)
    big.channels.push_back(
      {"ch-" + std::to_string(i), std::string(100, 'c'), "text", std::nullopt, std::nullopt, {big.tiers[0].id}, false});
  wanderer w;
  w.r = editing(fresh(std::string(32, 'd'), snowflake{1}, snowflake{2}, snowflake{3}, 0), big, 1);
  for (auto at : {step::review, step::chain_select, step::asset_config, step::eligibility_rules, step::role_mapping,
                  step::channel_structure, step::failed}) {
    w.r.at = at;
    w.r.version = 9'999'999;
    w.checked_controls();
    const auto text = screen(w.r, w.seen());
    size_t characters = 0;
    const auto parsed = boost::json::parse(text);
    const auto& embed = parsed.at("embeds").at(0).as_object();
    characters += embed.at("title").as_string().size() + embed.at("description").as_string().size();
    for (auto& field : embed.at("fields").as_array()) {
      CHECK(field.at("value").as_string().size() <= 1024);
      characters += field.at("name").as_string().size() + field.at("value").as_string().size();
    }
    CHECK(characters <= 5900);
  }
  w.r.at = step::role_mapping;
  const auto e = event_of(component("wizard:role-#7:" + w.r.id + ":v9999999", {"100000000000000002"}));
  REQUIRE(e);
  CHECK(apply(w.r, *e, w.seen()).next.draft.roles[7].existing == snowflake{100000000000000002});
}

namespace {
/// Every place of a tree, as a list of its values.
void visit(boost::json::value& at, const std::function<void(boost::json::value&)>& see) {
  see(at);
  if (at.is_object())
    for (auto& member : at.get_object())
      visit(member.value(), see);
  if (at.is_array())
    for (auto& item : at.get_array())
      visit(item, see);
}
} // namespace

TEST_CASE("wizard: a record that somebody else wrote is refused or shown, whatever stands in its fields") {
  walk w;
  w.to(step::asset_config);
  auto typing = w.r;
  typing.draft.typed = typed_asset{"erc20", "berachain", token, "7", "1.5", "why", true, 7};
  typing.refused = refused_form{"asset-decimals", "", {{"decimals", "x"}}, "why"};
  std::vector<record> originals{typing};
  for (const auto each : all_steps) {
    walk other;
    other.to(each);
    if (!other.r.draft.tiers.empty()) {
      other.r.draft.tiers.back().threshold = "7.5";
      other.r.refused = refused_form{"tier-edit", "gold", {{"name", "x"}}, "why"};
    }
    if (!other.r.draft.channels.empty())
      other.r.draft.channels.back().existing = snowflake{100000000000000201};
    originals.push_back(other.r);
  }
  const std::vector<boost::json::value> odd{"",
                                            boost::json::value(std::string(5'000, 'x')),
                                            "a:b:c",
                                            "\x1b]0;\a\n\u202e",
                                            -1,
                                            9'223'372'036'854'775'807,
                                            true,
                                            nullptr,
                                            boost::json::array{},
                                            boost::json::object{},
                                            "18446744073709551615"};
  int shown = 0;
  for (const auto& original : originals) {
    const auto whole = boost::json::parse(to_text(original));
    size_t places = 0;
    auto counted = whole;
    visit(counted, [&](const auto&) { ++places; });
    for (size_t place = 1; place < places; ++place) // The root is not one.
      for (const auto& value : odd) {
        auto tree = whole;
        size_t here = 0;
        visit(tree, [&](boost::json::value& at) {
          if (here++ == place)
            at = value;
        });
        auto got = read_record(boost::json::serialize(tree));
        if (!got)
          continue;
        got->version = 7;
        CHECK_NOTHROW(boost::json::parse(screen(*got, w.seen())));
        ++shown;
        for (const auto* action : {"continue", "back", "more-roles", "check-again", "skip", "deploy", "retry",
                                   "auto-create", "edit-roles", "edit-channels", "edit-chain", "correct", "tier-edit",
                                   "tier-up", "tier-down", "tier-remove", "tier-add", "edit-name", "more-channels"}) {
          const auto d = apply(*got, {event::click, got->id, action, "", 7, {}, {}}, w.seen());
          if (d.what == decision::show)
            CHECK_NOTHROW(boost::json::parse(screen(d.next, w.seen())));
        }
      }
  }
  CHECK(shown > 100);
}
