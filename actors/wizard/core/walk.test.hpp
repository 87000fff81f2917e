#pragma once
// For the tests of this folder: walks the machine as an admin would.
#include "actors/wizard/core/custom_id.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/screens.hpp"
#include "actors/wizard/core/steps.hpp"
#include "schemas/permissions.hpp"

#include <doctest/doctest.h>
#include <map>
#include <string>
#include <vector>

namespace arrakis::wizard::core {
/// Address of a sample contract.
inline constexpr auto token = "0x00000000000000000000000000000000000000Aa";

/// A role of a guild.
inline guild::role role(uint64_t id, std::string name, int position) {
  guild::role r;
  r.id = snowflake{id};
  r.name = std::move(name);
  r.position = position;
  return r;
}
/// Facts of a guild in which the bot may do everything.
inline guild::state good_facts() {
  guild::state f;
  f.id = snowflake{100000000000000000};
  f.name = "Dune Traders";
  f.owner = snowflake{5};
  f.bot = snowflake{9};
  f.bot_roles = {snowflake{100000000000000001}};
  f.roles = {role(100000000000000000, "@everyone", 0), role(100000000000000001, "Bot", 10),
             role(100000000000000002, "Elder", 5), role(100000000000000003, "Guest", 1)};
  f.roles[1].managed = true;
  f.roles[1].permissions = permissions::administrator;
  return f;
}
/// Facts of a contract that keeps every rule.
inline contract_facts good_contract() {
  contract_facts c;
  c.known = c.has_code = c.matches_type = true;
  c.address = token;
  c.symbol = "SPICE";
  c.decimals = 6;
  return c;
}

/// Walks the machine as an admin would; the store's part (raising the version) is done here.
struct walk {
  guild::state facts = good_facts();
  blueprint::ids deployed; ///< By the version that it edits.
  record r = fresh(std::string(32, 'a'), snowflake{1}, snowflake{2}, snowflake{3}, 0);
  decision last;
  walk() { r.version = 1; }

  context seen() { return {.names = everything(), .facts = &facts, .deployed = &deployed}; }
  decision take(decision d) {
    last = d;
    if (d.what == decision::show || d.what == decision::deploy || d.what == decision::retry
        || d.what == decision::inspect) {
      const auto version = r.version;
      r = d.next;
      r.version = version + 1;
    }
    return d;
  }
  decision click(std::string action, std::vector<std::string> values = {}, std::string argument = {}) {
    return take(
      apply(r, {event::click, r.id, std::move(action), std::move(argument), r.version, std::move(values), {}}, seen()));
  }
  decision submit(std::string modal, std::map<std::string, std::string> fields, std::string argument = {}) {
    return take(apply(
      r, {event::submit, r.id, std::move(modal), std::move(argument), std::nullopt, {}, std::move(fields)}, seen()));
  }
  void name() {
    submit("community-name", {{"name", "Dune Traders"}});
    click("continue");
  }
  void chains() {
    click("chain", {"berachain"});
    click("continue");
  }
  void native() { submit("asset-address", {{"min_balance", "10"}}, "native:berachain"); }
  void to(step s) {
    for (int i = 0; i < 20 && r.at != s; ++i)
      switch (r.at) {
        case step::init: name(); break;
        case step::chain_select: chains(); break;
        case step::asset_config:
          native();
          click("continue");
          break;
        case step::eligibility_rules:
          click("tier-template", {"simple"});
          click("continue");
          break;
        case step::role_mapping: click("continue"); break;
        case step::channel_structure:
          click("channel-template", {"standard"});
          click("continue");
          break;
        case step::review: click(s == step::rules ? "edit-rules" : "deploy"); break;
        case step::rules: click("back"); break;
        case step::deploy:
          r = settled(submission_accepted(r, {1, "d", "j"}),
                      {1, s == step::failed ? "failed" : "completed", "", 0, {}});
          break;
        case step::complete:
        case step::failed: return;
      }
    REQUIRE(r.at == s);
  }
};

/// All steps.
inline const std::vector<step> all_steps{step::init,         step::chain_select,
                                         step::asset_config, step::eligibility_rules,
                                         step::role_mapping, step::channel_structure,
                                         step::review,       step::deploy,
                                         step::complete,     step::failed,
                                         step::rules};
} // namespace arrakis::wizard::core
