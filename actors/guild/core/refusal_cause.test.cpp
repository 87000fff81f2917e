#include "actors/guild/core/refusal_cause.hpp"

#include "schemas/permissions.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
constexpr auto enough = permissions::manage_roles | permissions::manage_channels | permissions::view_channel;
struct fixture {
  guild::state g;
  refused_change change{"channel", {30}, channel_fields{.name = "announcements"}};
  fixture() {
    g.id = {1};
    g.owner = {5};
    g.bot = {2};
    g.bot_roles = {{3}};
    g.roles = {{{1}, "@everyone", 0, false, false, false, 0, 0},
               {{3}, "Arrakis", 0, false, false, true, 2, enough},
               {{11}, "Gold", 0, false, false, false, 1, 0}};
    g.channels = {{{20}, guild::category, "X", "", {}, 0, {}}, {{30}, guild::text, "announcements", "", {20}, 0, {}}};
  }
  std::string cause() const { return refusal_cause(g, change); }
};
} // namespace

TEST_CASE_FIXTURE(fixture,
                  "refusal cause: of a channel it is where the bot lacks what, by the overwrites of all kinds") {
  CHECK(cause().empty()); // Negative control: nothing is wrong, nothing is named.
  g.channels[1].overwrites = {{{3}, 0, 0, permissions::manage_channels}};
  CHECK(cause() == "it lacks Manage Channels in #announcements");
  g.channels[0].overwrites = {{{1}, 0, 0, permissions::manage_channels}};
  CHECK(cause() == "it lacks Manage Channels in the category “X”");
  g.channels[1].overwrites.clear();
  g.channels[0].overwrites.push_back({{2}, 1, permissions::manage_channels, 0}); // The bot's own comes last.
  CHECK(cause().empty());
  g.channels[1].overwrites = {{{1}, 0, 0, permissions::view_channel}};
  CHECK(cause() == "it lacks View Channels in #announcements");
  g.roles[1].permissions = permissions::manage_roles | permissions::view_channel;
  CHECK(cause() == "it lacks View Channels in #announcements");
  g.channels[1].overwrites.clear();
  g.channels[0].overwrites.clear();
  CHECK(cause() == "it lacks Manage Channels");
  g.roles[1].permissions = permissions::administrator;
  CHECK(cause().empty());
}

TEST_CASE_FIXTURE(fixture, "refusal cause: of a channel to be made it is that of its category, or what it closes") {
  change.id = {};
  change.wanted = channel_fields{.name = "news", .parent = {20}};
  CHECK(cause().empty());
  g.channels[0].overwrites = {{{3}, 0, 0, permissions::manage_roles}};
  CHECK(cause() == "it lacks Manage Roles in the category “X”");
  g.channels[0].overwrites.clear();
  std::get<channel_fields>(change.wanted).overwrites = {{{1}, 0, 0, permissions::send_messages}};
  CHECK(cause() == "it lacks `SEND_MESSAGES`, which the plan sets for others");
}

TEST_CASE_FIXTURE(fixture, "refusal cause: of a role it is the permission, or the position") {
  change = {"role", {11}, role_fields{.name = "Gold"}};
  CHECK(cause().empty());
  g.roles[2].position = 3;
  CHECK(cause() == "its role must stand above “Gold”");
  g.roles[1].permissions = 0;
  CHECK(cause() == "it lacks Manage Roles");
}
