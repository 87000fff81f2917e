// /reconcile and its button Apply, as an admin lives it; and what Discord carries out late.
#include "runtime/json.hpp"
#include "tests/system/node.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;
namespace js = boost::json;
using strings = std::vector<std::string>;

test_stack& here() { return shared(false); }
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
snowflake made(const place& at, const char* kind, const char* resource) {
  return shadow_ids(here(), at).at({kind, resource});
}
std::string in_channels(snowflake id) { return "/channels/" + id.text(); }
std::string roles_of(const place& at) { return "/guilds/" + at.guild + "/roles"; }
std::string trail(const place& at) { return here().stack().ctl({"audit", "log", at.guild}).second; }
} // namespace

TEST_CASE("/reconcile: Apply brings back what somebody deleted or changed, after a second click, and deletes nothing") {
  auto& w = here();
  const auto at = w.create_guild("Repaired");
  auto admin = w.at_review(at, "Repaired");
  REQUIRE(demo::deploy(admin));
  const auto channel = made(at, "channel", "ch-vip-chat"), gold = made(at, "role", "role-gold");
  w.rest_call(at.owner, "DELETE", in_channels(channel));
  w.rest_call(at.owner, "PATCH", roles_of(at) + "/" + gold.text(), js::object{{"color", 1}});
  const auto own = w.rest_call(at.owner, "POST", "/guilds/" + at.guild + "/channels",
                               js::object{{"name", "their-own"}});
  admin.type("reconcile");
  REQUIRE(admin.sees("creates 1 and updates 1", 10s));
  admin.press("reconcile:apply:*");
  REQUIRE(admin.sees("Apply these changes?", 10s));
  CHECK(channel_named(read_guild(w, at), "vip-chat") == nullptr); // The second click counts.
  admin.press("reconcile:confirm:*");
  REQUIRE(admin.sees("matches its plan again", 30s));
  CHECK(contains(admin.text(), "1 role and 1 channel created or updated, and nothing deleted"));
  CHECK(channel_named(read_guild(w, at), "vip-chat") != nullptr);
  CHECK(channel_named(read_guild(w, at), "their-own") != nullptr);
  CHECK(made(at, "channel", "ch-vip-chat") != channel);
  CHECK(disagreements(w, at) == strings{});
  CHECK(wait_until_idle(w, at));
  CHECK(open_intents(w, at) == 0);
  CHECK(contains(trail(at), "RECONCILIATION_REQUESTED"));
  CHECK(contains(trail(at), "RECONCILIATION_COMPLETED"));
  admin.type("reconcile");
  CHECK(admin.sees("Matches the plan", 10s));
  CHECK_THROWS(admin.press("reconcile:apply:*")); // There is nothing to apply.
}

TEST_CASE("/reconcile: a server that changed between the two clicks shows its new plan, and nothing is done") {
  auto& w = here();
  const auto at = w.create_guild("Changed meanwhile");
  auto admin = w.at_review(at, "Changed meanwhile");
  REQUIRE(demo::deploy(admin));
  w.rest_call(at.owner, "DELETE", in_channels(made(at, "channel", "ch-vip-chat")));
  admin.type("reconcile");
  REQUIRE(admin.sees("creates 1", 10s));
  admin.press("reconcile:apply:*");
  REQUIRE(admin.sees("Apply these changes?", 10s));
  w.rest_call(at.owner, "DELETE", in_channels(made(at, "channel", "ch-general")));
  admin.press("reconcile:confirm:*");
  REQUIRE(admin.sees("so nothing was applied", 10s));
  CHECK(contains(admin.text(), "creates 2"));
  CHECK(channel_named(read_guild(w, at), "vip-chat") == nullptr);
  CHECK(!contains(trail(at), "RECONCILIATION"));
  admin.press("reconcile:apply:*");
  REQUIRE(admin.sees("Apply these changes?", 10s));
  admin.press("reconcile:confirm:*");
  REQUIRE(admin.sees("matches its plan again", 30s));
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("/reconcile: while a deployment runs, Apply says so and does nothing") {
  auto& w = here();
  const auto at = w.create_guild("Deployed meanwhile");
  auto admin = w.at_review(at, "Deployed meanwhile");
  REQUIRE(demo::deploy(admin));
  w.rest_call(at.owner, "DELETE", in_channels(made(at, "channel", "ch-vip-chat")));
  auto other = w.admin(at);
  other.type("reconcile");
  REQUIRE(other.sees("creates 1", 10s));
  other.press("reconcile:apply:*");
  REQUIRE(other.sees("Apply these changes?", 10s));
  const auto slow = w.slow_create(at, "channels", 0, 4'000ms);
  admin.type("onboard");
  REQUIRE(admin.sees("Step 7 of 8", 10s));
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(slow));
  other.press("reconcile:confirm:*");
  CHECK(other.sees("A deployment is running, so nothing was applied", 10s));
  REQUIRE(wait_for_state(w, at, 2, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(!contains(trail(at), "RECONCILIATION"));
}

TEST_CASE(
  "late: a create that Discord carries out after it was made again is told to the admin, and nothing deletes it") {
  auto& w = here();
  const auto at = w.create_guild("Carried out late");
  auto admin = w.at_review(at, "Carried out late");
  // The third role is held; our own request ends without an answer, and the role is made again. The one that was held
  // comes with the first category.
  const auto held = w.order_fault({{"kind", "late"},
                                   {"method", "POST"},
                                   {"path", roles_of(at)},
                                   {"skip", 2},
                                   {"until", "/guilds/" + at.guild + "/channels"}});
  REQUIRE(demo::deploy(admin));
  REQUIRE(w.wait_for_fault(held));
  INFO(admin.text());
  CHECK(contains(admin.text(), "Discord made the role “Bronze” twice"));
  const auto used = made(at, "role", "role-bronze");
  snowflake extra;
  for (const auto& role : read_guild(w, at).guild.roles)
    if (role.name == "Bronze" && role.id != used)
      extra = role.id;
  REQUIRE(extra);
  CHECK(contains(admin.text(), "Delete " + extra.text()));
  CHECK(contains(trail(at), "CREATED_TWICE"));
  CHECK(metric(w, w.stack().admin_url(), "arrakis_jobs_created_twice_total", R"(kind="role")") >= 1);
  admin.type("reconcile");
  CHECK(admin.sees("Discord made the role “Bronze” twice", 10s)); // As long as it is there.
  w.rest_call(at.owner, "DELETE", roles_of(at) + "/" + extra.text());
  admin.type("reconcile");
  REQUIRE(admin.sees("Matches the plan", 10s));
  CHECK(!contains(admin.text(), "twice"));
}
