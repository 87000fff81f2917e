#include "actors/guild/core/comparison.hpp"

#include "actors/guild/core/deployed_guild.test.hpp"
#include "schemas/canonical_json.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
/// The guild of version 1, with a bot that may do everything.
struct fixture : test::deployed_guild {
  fixture() {
    now.bot_roles = {{3}};
    now.roles.insert(now.roles.begin(), {{{1}, "@everyone", 0, false, false, false, 0, 0},
                                         {{3}, "Arrakis", 0, false, false, true, 90, permissions::administrator}});
  }
  guild::channel& channel(const std::string& name) {
    return *std::find_if(now.channels.begin(), now.channels.end(), [&](const auto& c) { return c.name == name; });
  }
  comparison seen(int64_t version = 1, std::string_view sha256 = "m1") const {
    return compare(want, version, sha256, shadow, now);
  }
};
bool shows(const comparison& c, std::string_view part) { return comparison_screen(c).find(part) != std::string::npos; }
} // namespace

TEST_CASE_FIXTURE(fixture, "comparison: a guild that matches has an empty plan and no button") {
  const auto c = seen();
  CHECK(c.clean);
  CHECK(c.creates + c.updates == 0);
  CHECK(keys_in(c.plan_json).empty());
  CHECK_FALSE(shows(c, apply_prefix));
}

TEST_CASE_FIXTURE(fixture, "comparison: the plan names what it creates and updates, and the button carries its hash") {
  now.roles[2].color = 1;
  std::erase_if(now.channels, [](const auto& ch) { return ch.name == "general-chat"; });
  const auto c = seen();
  CHECK(c.creates == 1);
  CHECK(c.updates == 1);
  CHECK(keys_in(c.plan_json) == std::set<key>{{"role", "role-gold"}, {"channel", "ch-general"}});
  CHECK(c.plan_sha256 == sha256_hex(c.plan_json));
  CHECK(shows(c, "\"reconcile:apply:" + c.plan_sha256 + "\""));
  CHECK(shows(c, "**Apply** creates 1 and updates 1. It deletes nothing."));
  const auto confirm = confirm_screen(c, "abcd");
  CHECK(confirm.find("\"reconcile:confirm:" + c.plan_sha256 + ":abcd\"") != std::string::npos);
  CHECK(confirm.find("Apply creates 1 and updates 1 in this server") != std::string::npos);
  CHECK(std::string{confirm_prefix}.size() + 64 + 1 + 8 <= 100); // Discord's limit of a custom id.
}

TEST_CASE_FIXTURE(fixture,
                  "comparison: a guild that changed where the plan touches it has another hash, elsewhere not") {
  now.roles[2].color = 1;
  const auto before = seen();
  channel("news").topic = "";
  CHECK(seen().plan_sha256 != before.plan_sha256); // One more difference.
  channel("news").topic = "What is new";
  CHECK(seen().plan_sha256 == before.plan_sha256);
  now.roles[2].color = 2; // The same sentence, another guild.
  CHECK(seen().lines == before.lines);
  CHECK(seen().plan_sha256 != before.plan_sha256);
  now.roles[2].color = 1;
  CHECK(seen(2).plan_sha256 != before.plan_sha256);
  CHECK(seen(1, "m2").plan_sha256 != before.plan_sha256);
  now.roles.push_back({{900}, "Guests", 0, false, false, false, 1, 0}); // Negative control: the admins' own.
  now.channels.push_back({{901}, guild::text, "their own", "", {}, 0, {}});
  channel("members").overwrites.push_back({{900}, 0, 1024, 0});
  CHECK(seen().plan_sha256 == before.plan_sha256);
}

TEST_CASE_FIXTURE(fixture, "comparison: what an admin must change first is shown instead of the button") {
  std::erase_if(now.channels, [](const auto& ch) { return ch.name == "general-chat"; });
  CHECK(seen().blockers.empty());
  now.roles[1].permissions = permissions::view_channel | permissions::send_messages | permissions::speak;
  const auto c = seen();
  REQUIRE_FALSE(c.blockers.empty());
  CHECK(shows(c, "Apply is possible once this is done:"));
  CHECK(shows(c, "Manage Channels"));
  CHECK_FALSE(shows(c, apply_prefix));
}

TEST_CASE_FIXTURE(fixture, "comparison: while an Apply is under way its state is shown, and no second button") {
  now.roles[2].color = 1;
  auto c = seen();
  c.applying = true;
  c.last_apply = "An Apply is running: 1 of its roles and channels are done.";
  CHECK(shows(c, "An Apply is running"));
  CHECK_FALSE(shows(c, apply_prefix));
  c.applying = false;
  CHECK(shows(c, apply_prefix));
  c.doubled = {"Discord made the role twice."};
  CHECK(shows(c, "⚠️ Discord made the role twice."));
}

TEST_CASE_FIXTURE(fixture, "comparison: every difference is a line, and what has no room is counted") {
  auto c = seen();
  c.clean = false;
  c.lines.assign(500, std::string(100, 'x'));
  CHECK(shows(c, "… and "));
  CHECK(comparison_screen(c).size() < 4'500);
  CHECK(confirm_screen(c, "abcd").size() < 4'500);
  const auto embed = boost::json::parse(comparison_screen(c, "A notice.")).at("embeds").at(0);
  CHECK(embed.at("description").as_string().starts_with("A notice.\n\n"));
}

TEST_CASE_FIXTURE(fixture, "comparison: whatever is told around the differences, the screen fits, and they are in it") {
  auto c = seen();
  c.clean = false;
  c.lines.assign(500, std::string(100, 'x'));
  c.doubled.assign(60, "Discord made the role “Gold” twice; the one with 0 members can be deleted by hand.");
  while (c.last_apply.size() < 2'000) // As long as its row keeps it.
    c.last_apply += "é";
  for (const bool blocked : {true, false}) {
    CAPTURE(blocked);
    c.blockers.assign(blocked ? 40 : 0, std::string(90, 'b'));
    c.creates = 1;
    for (const size_t notice_bytes : {0u, 90u, 5'000u}) {
      CAPTURE(notice_bytes);
      const auto screen = boost::json::parse(comparison_screen(c, std::string(notice_bytes, 'n'))); // Whole UTF-8.
      const std::string text{screen.at("embeds").at(0).at("description").as_string()};
      CHECK(text.size() <= 4'096); // Discord's limit.
      if (notice_bytes > 1'000)
        continue;
      CHECK(text.find("⚠️ Discord made") != std::string::npos);
      CHECK(text.find("é…\n") != std::string::npos);
      CHECK(text.find("• xxx") != std::string::npos);
      CHECK(text.ends_with(blocked ? "more.\n" : "It deletes nothing."));
      CHECK((text.find("• bbb") != std::string::npos) == blocked);
    }
  }
}

TEST_CASE("comparison: a plan that cannot be read names nothing") {
  CHECK(keys_in("").empty());
  CHECK(keys_in("[]").empty());
  CHECK(keys_in(R"({"steps":[7]})").empty());
}

TEST_CASE_FIXTURE(fixture,
                  "comparison: a role that would stand below a lesser one is put in order, and the plan says so") {
  now.roles[2].position = 5; // Gold, above Silver.
  now.roles[3].position = 4;
  const auto& gold = now.roles[2];
  CHECK_FALSE(seen().orders_roles);
  std::erase_if(now.roles, [id = gold.id](const auto& r) { return r.id == id; });
  const auto c = seen();
  CHECK(c.orders_roles);
  CHECK(orders_roles(c.plan_json));
  CHECK_FALSE(keys_in(c.plan_json).contains({"role", ""}));
  CHECK(shows(c, "and puts the roles in order"));
  CHECK(shows(c, "Roles “Gold”, “Silver”: they would be put in this order again"));
  now.roles[2].position = 7; // Silver, moved among others: what is done stays the same.
  CHECK(seen().plan_sha256 == c.plan_sha256);
  std::erase_if(now.roles, [](const auto& r) { return r.name == "Silver"; });
  CHECK_FALSE(seen().orders_roles); // Both are made, the better one first.
  CHECK_FALSE(orders_roles(seen().plan_json));
  CHECK_FALSE(orders_roles("not JSON"));
}
