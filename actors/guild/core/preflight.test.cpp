#include "actors/guild/core/preflight.hpp"

#include "actors/guild/core/bot_permissions.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/manifest.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
guild::state guild_state(uint64_t bot_permissions) {
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

TEST_CASE("preflight: each missing permission or role position is a sentence with what to change") {
  using namespace permissions;
  const auto m = test::sample_manifest();
  CHECK(preflight(guild_state(administrator), m, {}).empty());
  CHECK(preflight(guild_state(manage_roles | manage_channels | view_channel | send_messages), m, {}).empty());
  const auto nothing = preflight(guild_state(0), m, {});
  REQUIRE(nothing.size() >= 4);
  CHECK(nothing[0].find("Manage Roles") != std::string::npos);
  CHECK(nothing[1].find("Manage Channels") != std::string::npos);

  auto g = guild_state(administrator);
  g.roles.push_back({{11}, "Gold", 0, false, false, false, 3, 0});
  const auto above = preflight(g, m, {{{"role", "role-gold"}, {11}}});
  REQUIRE(above.size() == 1);
  CHECK(above[0].find("Move the bot's role above “Gold”") != std::string::npos);

  auto chosen = m;
  chosen.roles[0].existing = snowflake{77};
  CHECK(preflight(guild_state(administrator), chosen, {}).at(0).find("not there any more") != std::string::npos);

  auto dangerous = guild_state(administrator);
  dangerous.roles.push_back({{77}, "Elder", 0, false, false, false, 1, send_messages});
  CHECK(preflight(dangerous, chosen, {}).empty());
  dangerous.roles.back().permissions |= manage_webhooks;
  REQUIRE(preflight(dangerous, chosen, {}).size() == 1);
  CHECK(preflight(dangerous, chosen, {})[0].find("“Elder” cannot stand for a tier: it has Manage Webhooks")
        != std::string::npos);

  auto strong = m;
  strong.roles[0].permissions = {"BAN_MEMBERS"};
  const auto bits = preflight(guild_state(manage_roles | manage_channels | view_channel | send_messages), strong, {});
  REQUIRE(bits.size() == 2);
  CHECK(bits[0].find("no tier may give that") != std::string::npos);
  CHECK(bits[1].find("BAN_MEMBERS") != std::string::npos);

  auto full = guild_state(administrator);
  for (uint64_t i = 0; i < 248; ++i)
    full.roles.push_back({{1000 + i}, "r", 0, false, false, false, 1, 0});
  CHECK(preflight(full, m, {}).at(0).find("250") != std::string::npos);
}

TEST_CASE("preflight: a chosen channel or category is there, of the type, and stands for one thing alone") {
  auto m = test::sample_manifest();
  auto g = guild_state(permissions::administrator);
  g.channels = {{{21}, guild::category, "Tabr", "", {}, 0, {}},
                {{22}, guild::text, "market", "", {}, 0, {}},
                {{23}, guild::voice, "talk", "", {}, 0, {}}};
  const auto general = std::ranges::find(m.channels, "ch-general", &manifest_channel::id);
  m.categories[0].existing = snowflake{21};
  general->existing = snowflake{22};
  CHECK(preflight(g, m, {}).empty());
  general->existing = snowflake{23};
  REQUIRE(preflight(g, m, {}).size() == 1);
  CHECK(preflight(g, m, {})[0].find("“talk” cannot stand for “General Chat”, which is of another type")
        != std::string::npos);
  general->existing = snowflake{24};
  CHECK(preflight(g, m, {}).at(0).find("The channel that was chosen for “General Chat” is not there any more")
        != std::string::npos);
  general->existing = snowflake{22};
  const auto twice = preflight(g, m, {{{"channel", "ch-news"}, {22}}});
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].find("“market” would stand for both") != std::string::npos);
  // A chosen channel counts in no limit.
  for (uint64_t i = 0; g.channels.size() < 500 - blueprint::resources(m).size() + m.roles.size() + 2; ++i)
    g.channels.push_back({{1000 + i}, guild::text, "c", "", {}, 0, {}});
  CHECK(preflight(g, m, {}).empty());
  general->existing.reset();
  CHECK(preflight(g, m, {}).at(0).find("500") != std::string::npos);
}
