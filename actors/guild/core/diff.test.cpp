#include "actors/guild/core/diff.hpp"

#include "actors/guild/core/dangerous_permissions.hpp"
#include "actors/guild/core/deployed_guild.test.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
struct fixture : test::deployed_guild {
  std::vector<difference> list() const { return diff(want, shadow, now); }
};
} // namespace

TEST_CASE("diff: no drift, no lines") { CHECK(fixture{}.list().empty()); }

TEST_CASE("diff: an unknown folding of names is no drift; negative control: a shadow state without the answer") {
  fixture t;
  const auto before = t.shadow;
  for (auto& s : t.shadow) {
    auto was = *blueprint::read(s.fields_json), answer = was;
    std::visit([](auto& f) { f.name += "·"; }, answer);
    s.fields_json = blueprint::text(blueprint::applied(was, answer));
  }
  for (auto& r : t.now.roles)
    r.name += "·";
  for (auto& c : t.now.channels)
    c.name += "·";
  CHECK(t.list().empty());
  t.now.roles[0].name = "Renamed";
  REQUIRE(t.list().size() == 1);
  CHECK(t.list()[0].why == cause::external_tampering);
  t.shadow = before;
  CHECK(t.list().size() == t.shadow.size());
}

TEST_CASE("diff: the cause is told by the shadow state") {
  fixture t;
  t.now.roles[0].color = 1;        // Somebody, in Discord.
  t.want.roles[1].name = "Argent"; // A new version of the manifest.
  t.want.channels[0].topic = "Newer";
  t.now.channels[2].name = "shouting"; // ch-news: two categories come first.
  const auto list = t.list();
  REQUIRE(list.size() == 3);
  CHECK(list[0].why == cause::external_tampering);
  CHECK(list[0].fields == std::vector<std::string>{"color"});
  CHECK(list[1].why == cause::manifest_change);
  CHECK(list[1].fields == std::vector<std::string>{"name"});
  CHECK(list[2].why == cause::both);
  CHECK(list[2].fields == std::vector<std::string>{"name", "topic"});
  CHECK_FALSE(is_clean(list));
  CHECK(describe(list[0]) == "Role “Gold”: color changed in Discord; the plan's would be set again.");
}

TEST_CASE("diff: missing is created again; left over is listed and clean; a changed target that agrees is no drift") {
  fixture t;
  t.now.roles.erase(t.now.roles.begin());
  auto list = t.list();
  REQUIRE_FALSE(list.empty());
  CHECK(list[0].why == cause::missing);
  CHECK(list[0].plan == action::create);

  fixture u;
  u.want.channels.pop_back();
  list = u.list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].why == cause::left_over);
  CHECK(is_clean(list));

  fixture v; // Both changed to the same.
  v.want.roles[0].color = 5;
  v.now.roles[0].color = 5;
  CHECK(v.list().empty());
}

TEST_CASE("diff: a role that the admins made and chose is never left over, and never what a new one is compared to") {
  fixture t;
  t.shadow[0].fields_json = blueprint::chosen_text(blueprint::actual(t.now.roles[0]));
  auto list = t.list();
  REQUIRE_FALSE(list.empty());
  CHECK(list[0].plan == action::create);
  CHECK(std::none_of(list.begin(), list.end(), [](const auto& d) { return d.why == cause::left_over; }));
}

TEST_CASE("diff: a channel whose type Discord does not convert is made anew, and the old one is left over") {
  fixture t;
  t.want.channels[1].type = "voice"; // ch-general
  const auto list = t.list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].why == cause::manifest_change);
  CHECK(list[0].plan == action::create);
  CHECK(list[1].why == cause::left_over);
  CHECK(list[1].of == list[0].of);
}

TEST_CASE("diff: of a channel that the admins chose only its being there counts") {
  fixture t;
  auto& general = *std::ranges::find(t.want.channels, "ch-general", &manifest_channel::id);
  t.now.channels.push_back({{900}, guild::text, "market", "ours", {}, 0, {}});
  general.existing = snowflake{900};
  for (auto& s : t.shadow)
    if (s.resource == "ch-general")
      s = {s.kind, s.resource, {900}, blueprint::chosen_text(blueprint::actual(t.now.channels.back()))};
  std::erase_if(t.now.channels, [](const auto& c) { return c.name == "general-chat"; });
  CHECK(t.list().empty());
  t.now.channels.back().name = "bazaar";
  CHECK(t.list().empty());
  t.now.channels.pop_back();
  const auto list = t.list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].plan == action::none);
  CHECK(describe(list[0]) == "Channel “General Chat”: the chosen channel is not there any more; choose another one.");
}

TEST_CASE("diff: a foreign overwrite is the admins' own, a changed one of ours is drift") {
  fixture t;
  auto& vip = *std::find_if(t.now.channels.begin(), t.now.channels.end(),
                            [](const auto& c) { return c.name == "vip-chat"; });
  vip.overwrites.push_back({{999}, 0, 1024, 0});
  CHECK(t.list().empty());
  vip.overwrites.front().deny = 0;
  const auto list = t.list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].fields == std::vector<std::string>{"overwrites"});
}

TEST_CASE("diff: a mapped role that gained a dangerous permission is drift, chosen or ours; others are not") {
  fixture t;
  t.want.roles[0].existing = t.now.roles[0].id;
  t.shadow[0].fields_json = blueprint::chosen_text(blueprint::actual(t.now.roles[0]));
  t.now.roles[0].permissions |= ~permissions::dangerous_bits(); // Negative control: everything that is harmless.
  CHECK(t.list().empty());
  t.now.roles[0].permissions |= permissions::ban_members;
  auto list = t.list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].why == cause::dangerous);
  CHECK(list[0].plan == action::none);
  CHECK_FALSE(is_clean(list));
  CHECK(
    describe(list[0])
    == "⚠️ Role “Gold”: it stands for a tier and has Ban Members (its holders can ban others). A tier can be bought: "
       "take that from the role, or choose another one with `/onboard`.");

  fixture ours;
  ours.now.roles[1].permissions |= permissions::administrator;
  list = ours.list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].why == cause::external_tampering);
  CHECK(describe(list[0]).find("It now has Administrator (") != std::string::npos);
  CHECK(describe(list[0]).ends_with("; Apply takes that away."));
  CHECK(list[0].fields == std::vector<std::string>{"permissions"});
}

TEST_CASE("diff: what remains is counted by kind") {
  std::vector<difference> list;
  CHECK(describe_left_over(list).empty());
  list.push_back({cause::left_over, action::none, {"role", "a"}, "a", {}, {}});
  CHECK(describe_left_over(list) == "1 old role remains");
  for (int i = 0; i < 8; ++i)
    list.push_back({cause::left_over, action::none, {"role", "a"}, "a", {}, {}});
  CHECK(describe_left_over(list) == "9 old roles remain");
  list.push_back({cause::left_over, action::none, {"channel", "c"}, "c", {}, {}});
  list.push_back({cause::missing, action::none, {"role", "m"}, "m", {}, {}});
  CHECK(describe_left_over(list) == "9 old roles and 1 old channel remain");
}
