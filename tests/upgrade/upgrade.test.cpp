// A state folder of an earlier commit under today's programs. Its tokens and keys were drawn for it and open nothing
// else.
#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"
#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/source_file.hpp"
#include "tests/system/records.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using strings = std::vector<std::string>;

std::string archive(const std::string& commit) {
  return test::source_file("tests/upgrade/states/" + commit + ".tar.xz");
}

/// The resources of a deployment of `simple` and `standard`, and of one of `simple` and `minimal`.
constexpr size_t standard_resources = 10, minimal_resources = 6;

void check_whole(test_stack& w, const place& at, size_t resources) {
  INFO("guild ", at.guild);
  CHECK(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(read_guild(w, at).made.size() == resources);
  CHECK(wait_until_idle(w, at));
  CHECK(open_intents(w, at) == 0);
  CHECK(audit_entries(w, at) == 2);
}
/// Runs one statement in a database that no server has opened, past row-level security.
void run_at_rest(const std::string& state_folder, const std::string& sql) {
  const char* script = R"(printf '%s\n' "$2" | /usr/lib/postgresql/15/bin/postgres --single -D "$1" arrakis)";
  process child{{.argv = {"/bin/sh", "-c", script, "sh", state_folder + "/postgres/data", sql},
                 .user = unprivileged_user(),
                 .output = state_folder + "/at_rest.log"}};
  REQUIRE(child.wait(std::chrono::seconds{60}));
  REQUIRE_MESSAGE(child.exit_status() == 0, test::content(state_folder + "/at_rest.log"));
}
} // namespace

TEST_CASE("upgrade: a community that was frozen before there was a fence log stays frozen until it is thawed") {
  const auto freeze = [&](demo::local_stack& t) {
    run_at_rest(t.folder() + "/arrakis",
                "update communities set status = 'frozen', fence = fence + 1 where name = 'Waiting 1';");
  };
  test_stack w{false, {}, freeze, {}, archive("a8a6a10")};
  const auto frozen = w.guild_named("Waiting 1");
  CHECK(
    wait_for_state(w, w.guild_named("Waiting 2"), 1, "completed")); // The second deployment waited behind the first.
  CHECK(read_guild(w, frozen).made.empty());
  CHECK(contains(w.stack().ctl({"community", "show", frozen.guild}).second, "frozen"));
  {
    pqxx::connection db{embedded::dsn(w.stack().folder() + "/arrakis", "arrakis_owner")};
    const auto rows = pqxx::nontransaction{db}.exec("select subject, status, fence, number from fence_log");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0][0].as<std::string>() == community_of(w, frozen));
    CHECK(rows[0][1].as<std::string>() == "frozen");
    CHECK(rows[0][2].as<int>() == 1);
    CHECK(rows[0][3].as<int>() == 1);
  }
  CHECK(w.stack().ctl({"community", "thaw", frozen.guild}).first == 0);
  CHECK(wait_for_state(w, frozen, 1, "completed"));
  CHECK(disagreements(w, frozen) == strings{});
  CHECK(read_guild(w, frozen).made.size() == minimal_resources);
}

TEST_CASE("upgrade: the state of a8a6a10 goes on: the deployment in flight ends once, jobs run, the wizard is open") {
  test_stack w{false, {}, {}, {}, archive("a8a6a10")};
  auto& t = w.stack();
  check_whole(w, w.guild_named("Deployed"), standard_resources);
  check_whole(w, w.guild_named("In flight"), standard_resources);
  check_whole(w, w.guild_named("Waiting 1"), minimal_resources);
  check_whole(w, w.guild_named("Waiting 2"), minimal_resources);

  const auto open = w.guild_named("At the review");
  auto admin = w.admin(open);
  admin.type("onboard");
  INFO(admin.text());
  REQUIRE(admin.sees("Your last setup is open"));
  admin.press("wizard:resume-existing:*");
  REQUIRE(admin.sees("Step 7 of 8"));
  REQUIRE(demo::deploy(admin));
  check_whole(w, open, minimal_resources);

  // The old key is anchored by itself, verifies its signatures, and signs the next version.
  const auto signer = t.ctl({"signer", "status"});
  INFO(signer.second);
  CHECK(signer.first == 0);
  CHECK(contains(signer.second, "signs with key version 1; keys anchored: 1"));
  const auto deployed = w.guild_named("Deployed");
  CHECK(t.ctl({"manifest", "verify", deployed.guild}).first == 0);
  auto again = w.admin(deployed);
  again.type("onboard");
  REQUIRE(again.sees("at version 1"));
  again.press("wizard:edit-channels:*");
  REQUIRE(again.sees("Step 6 of 8"));
  again.press("wizard:channel-template:*", {"minimal"});
  REQUIRE(again.sees("#general"));
  again.press("wizard:continue:*");
  REQUIRE(again.sees("Step 7 of 8"));
  REQUIRE(demo::deploy(again));
  CHECK(t.ctl({"manifest", "verify", deployed.guild}).first == 0);
  CHECK(t.ctl({"audit", "verify"}).first == 0);
  CHECK(count_refusals(w) == refusals{0, 0});
}
