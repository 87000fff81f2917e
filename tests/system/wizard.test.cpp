// The wizard with what an admin is not meant to notice: lost sessions, killed processes, queues that stand still.
#include "adapters/embedded/embedded.hpp"
#include "runtime/process.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;
namespace js = boost::json;
using strings = std::vector<std::string>;

test_stack& here() { return shared(false); }

std::string state() { return here().stack().folder() + "/arrakis"; }

void redis(strings words) {
  const auto url = embedded::redis_url(state());
  strings all{"redis-cli", "-s", url.substr(std::string_view{"unix://"}.size())};
  all.insert(all.end(), words.begin(), words.end());
  process cli{{all, {}, {}, {}, {}}};
  REQUIRE(cli.wait(10s));
  CHECK(cli.exit_status() == 0);
}

std::string owner(const std::string& sql) {
  pqxx::connection db{embedded::dsn(state(), "arrakis_owner")};
  // Without force the owner of the table sees the rows of all tenants.
  const auto rows = pqxx::nontransaction{db}.exec(sql);
  return rows.empty() || rows[0].empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

/// The newest deployment of the guild gets this much of its conversation's time.
void leave(const place& at, const std::string& interval) {
  const auto community = community_of(here(), at);
  pqxx::connection db{embedded::dsn(state(), "arrakis_app")};
  pqxx::work tx{db};
  tx.exec_params("select set_config('app.current_tenant', $1, true)", community);
  tx.exec_params("update deployments set token_until = clock_timestamp() + $2::interval where community_id = $1",
                 community, interval);
  tx.commit();
}

void see(demo::person& who, const std::string& text, std::chrono::milliseconds patience = 15s) {
  const bool seen = who.sees(text, patience);
  INFO("expected: ", text, "\nthe admin sees: ", who.text());
  REQUIRE(seen);
}

/// Four answers, up to the assets.
demo::person half_way(const place& at, const std::string& name) {
  auto admin = here().admin(at);
  admin.type("onboard");
  see(admin, "Step 1 of 8");
  admin.press("wizard:start:*");
  admin.submit(js::object{{"name", name}});
  see(admin, name);
  admin.press("wizard:continue:*");
  admin.press("wizard:chain:*", {"sandbox"});
  admin.press("wizard:continue:*");
  admin.press("wizard:asset-type:*", {"native"});
  admin.submit(js::object{{"min_balance", "1"}});
  see(admin, "SAND");
  CHECK(contains(admin.text(), "your draft is kept for 7 days, `/resume` opens it"));
  return admin;
}
} // namespace

TEST_CASE(
  "drafts: with Redis emptied and the process killed in the middle /resume opens all answers, up to the guild") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Draft");
  auto admin = half_way(at, "Kept");
  w.stack().kill_arrakis();
  w.stack().start_arrakis();
  redis({"FLUSHALL"});
  auto again = w.admin(at);
  again.type("resume");
  see(again, "Your draft is open again.");
  CHECK(contains(again.text(), "Step 3 of 8"));
  CHECK(contains(again.text(), "SAND"));
  again.press("wizard:continue:*");
  redis({"FLUSHALL"}); // Once more, with nobody killed.
  again.type("resume");
  see(again, "Step 4 of 8");
  again.press("wizard:tier-template:*", {"simple"});
  again.press("wizard:continue:*");
  again.press("wizard:continue:*");
  again.press("wizard:channel-template:*", {"minimal"});
  again.press("wizard:continue:*");
  see(again, "Step 7 of 8");
  REQUIRE(demo::deploy(again));
  CHECK(disagreements(w, at) == strings{});
  redis({"FLUSHALL"});
  again.type("resume");
  see(again, "The latest deployment"); // The draft is gone with the deployment.
  CHECK_FALSE(contains(owner("select coalesce(string_agg(content, ''), '') from wizard_drafts"), "token\":\""));
}

TEST_CASE("drafts: a message of a closed session says that its draft is kept, and cancel erases it") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Closed");
  auto admin = half_way(at, "Closed");
  redis({"FLUSHALL"});
  admin.press("wizard:back:*");
  see(admin, "`/resume` opens your draft.");
  admin.type("resume");
  see(admin, "Your draft is open again.");
  admin.press("wizard:cancel:*");
  see(admin, "cancelled and forgotten");
  admin.type("resume");
  see(admin, "There is nothing to resume");
}

TEST_CASE("review: right after a deployment /onboard opens its version, and a frozen community says why it waits") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Frozen");
  auto admin = w.at_review(at, "Frozen", "simple", "minimal");
  CHECK(contains(admin.text(), "+3 roles, +3 channels."));
  CHECK(contains(admin.text(), "What members see"));
  REQUIRE(demo::deploy(admin));
  admin.type("onboard");
  see(admin, "at version 1");
  CHECK(contains(admin.text(), "Nothing in your server changes."));
  CHECK_FALSE(contains(admin.text(), "new role"));
  w.rest_call(at.owner, "POST", "/guilds/" + at.guild + "/channels", js::object{{"name", "vip-chat"}, {"type", 0}});
  admin.press("wizard:edit-channels:*");
  admin.press("wizard:channel-template:*", {"standard"});
  admin.press("wizard:continue:*");
  see(admin, "Step 7 of 8");
  admin.press("wizard:refresh:*");
  see(admin, "⚠️ a second #vip-chat");
  REQUIRE(w.stack().ctl({"community", "freeze", at.guild, "spam wave"}).first == 0);
  admin.press("wizard:refresh:*");
  see(admin, "This community is frozen (spam wave)");
  CHECK_THROWS(admin.press("wizard:deploy:*")); // Disabled.
  REQUIRE(w.stack().ctl({"community", "thaw", at.guild}).first == 0);
  admin.press("wizard:refresh:*");
  CHECK_FALSE(admin.sees("frozen", 0ms));
  REQUIRE(demo::deploy(admin));
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("progress: the message names a paused queue, changes at each poll, and a click of an old session works too") {
  auto& w = here();
  auto& t = w.stack();
  const auto at = w.create_guild("Sietch Paused");
  auto admin = w.at_review(at, "Paused", "simple", "minimal");
  REQUIRE(t.ctl({"jobs", "pause"}).first == 0);
  admin.press("wizard:deploy:*");
  see(admin, "Queued.");
  admin.press("wizard:refresh:*");
  see(admin, "has paused all deployments");
  CHECK(contains(admin.text(), "This message follows it until <t:"));
  redis({"DEL", "wizard:" + at.owner + ":" + at.guild}); // The session's time is over.
  leave(at, "-1 second");                                // And so is the conversation's.
  admin.press("wizard:refresh:*");
  see(admin, "The latest deployment");
  CHECK(contains(admin.text(), "has paused all deployments"));
  REQUIRE(t.ctl({"jobs", "resume"}).first == 0);
  see(admin, "is ready", 30s); // In the conversation of the last click.
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("progress: negative control: without a click since its conversation ended a message is not edited any more") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Silent");
  auto admin = w.at_review(at, "Silent", "simple", "minimal");
  REQUIRE(w.stack().ctl({"jobs", "pause"}).first == 0);
  admin.press("wizard:deploy:*");
  see(admin, "Queued.");
  leave(at, "-1 second");
  REQUIRE(w.stack().ctl({"jobs", "resume"}).first == 0);
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK_FALSE(admin.sees("is ready", 0ms));
}

TEST_CASE("progress: before its conversation ends the message says that it still waits, and its button leads on") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Waiting");
  auto admin = w.at_review(at, "Waiting", "simple", "minimal");
  REQUIRE(w.stack().ctl({"jobs", "pause"}).first == 0);
  admin.press("wizard:deploy:*");
  see(admin, "Queued.");
  leave(at, "50 seconds");
  see(admin, "Version 1 is still waiting", 45s);
  admin.press("deployment:progress:*");
  see(admin, "has paused all deployments");
  REQUIRE(w.stack().ctl({"jobs", "resume"}).first == 0);
  see(admin, "is ready", 30s);
}
