#include "actors/guild/core/preflight.hpp"

#include "actors/guild/core/bot_permissions.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/manifest.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
guild::state town_state(uint64_t bot_permissions) {
  guild::state g;
  g.id = {1};
  g.owner = {5};
  g.bot = {2};
  g.bot_roles = {{3}};
  g.roles = {{{1}, "@everyone", 0, false, false, false, 0, 0},
             {{3}, "Arrakis", 0, false, false, true, 2, bot_permissions}};
  return g;
}
} // namespace

TEST_CASE("preflight: each thing that is missing is a sentence that says what to change") {
  using namespace permissions;
  const auto m = test::sample_manifest();
  CHECK(preflight(town_state(administrator), m, {}).empty());
  CHECK(preflight(town_state(manage_roles | manage_channels | view_channel | send_messages), m, {}).empty());
  const auto nothing = preflight(town_state(0), m, {});
  REQUIRE(nothing.size() >= 4);
  CHECK(nothing[0].find("Manage Roles") != std::string::npos);
  CHECK(nothing[1].find("Manage Channels") != std::string::npos);

  auto g = town_state(administrator);
  g.roles.push_back({{11}, "Gold", 0, false, false, false, 3, 0});
  const auto above = preflight(g, m, {{{"role", "role-gold"}, {11}}});
  REQUIRE(above.size() == 1);
  CHECK(above[0].find("Move the bot's role above “Gold”") != std::string::npos);

  auto chosen = m;
  chosen.roles[0].existing = snowflake{77};
  CHECK(preflight(town_state(administrator), chosen, {}).at(0).find("not there any more") != std::string::npos);

  auto dangerous = town_state(administrator);
  dangerous.roles.push_back({{77}, "Elder", 0, false, false, false, 1, send_messages});
  CHECK(preflight(dangerous, chosen, {}).empty());
  dangerous.roles.back().permissions |= manage_webhooks;
  REQUIRE(preflight(dangerous, chosen, {}).size() == 1);
  CHECK(preflight(dangerous, chosen, {})[0].find("“Elder” cannot stand for a tier: it has Manage Webhooks")
        != std::string::npos);

  auto strong = m;
  strong.roles[0].permissions = {"BAN_MEMBERS"};
  const auto bits = preflight(town_state(manage_roles | manage_channels | view_channel | send_messages), strong, {});
  REQUIRE(bits.size() == 2);
  CHECK(bits[0].find("no tier may give that") != std::string::npos);
  CHECK(bits[1].find("BAN_MEMBERS") != std::string::npos);

  auto full = town_state(administrator);
  for (uint64_t i = 0; i < 248; ++i)
    full.roles.push_back({{1000 + i}, "r", 0, false, false, false, 1, 0});
  CHECK(preflight(full, m, {}).at(0).find("250") != std::string::npos);
}
