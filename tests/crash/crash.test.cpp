// Six cases of the walk, drawn by a seed; and the check itself: each kind of damage, done by hand to a real guild and
// its records, is found.
#include "adapters/queue/keys.hpp"
#include "adapters/queue/options.hpp"
#include "runtime/net/http.hpp"
#include "runtime/process.hpp"
#include "tests/crash/walk.hpp"
#include "tests/system/records.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {
using namespace arrakis;
using namespace arrakis::crash;
using namespace std::chrono_literals;
namespace js = boost::json;
using system_test::place;

std::string text_of_all(const std::vector<finding>& all) {
  std::string out;
  for (const auto& f : all)
    out += fmt::format("{}: {}\n", name_of(f.what), f.text);
  return out;
}

/// A guild as it is when all went well, in an installation of its own.
struct fixture {
  installation here;
  site fresh(const std::string& name) {
    auto made = deployed(here, name);
    const auto all = check(here, made.at, made.before, made.goal);
    CHECK_MESSAGE(all.empty(), text_of_all(all));
    return made;
  }
  void finds(const site& s, finding::kind what, std::string_view part) {
    const auto all = check(here, s.at, s.before, s.goal);
    INFO(text_of_all(all));
    CHECK_MESSAGE(std::ranges::any_of(
                    all, [&](const finding& f) { return f.what == what && f.text.find(part) != std::string::npos; }),
                  name_of(what), ": ", part);
  }
  system_test::observed_guild read_guild(const site& s) { return system_test::read_guild(here.test_stack(), s.at); }
  void rest_call(const site& s, const std::string& method, const std::string& path, const js::value& body = {}) {
    here.test_stack().rest_call(s.at.owner, method, path, body);
  }
  /// The snowflake of the role or channel that the bot made, not of the planted one of the same name.
  std::string made(const site& s, const std::string& kind, const std::string& resource) {
    return system_test::shadow_ids(here.test_stack(), s.at).at({kind, resource}).text();
  }
  void sql(const site& s, const std::string& text) {
    here.sql(
      fmt::format(fmt::runtime(text), "(select id from communities where discord_guild_id = " + s.at.guild + ")"));
  }
};
} // namespace

TEST_CASE("crash check: damage in the guild is found") {
  fixture t;
  auto s = t.fresh("A doubled role");
  const auto& discord = t.here.test_stack().stack().discord();
  net::http_request again{"POST", "/api/v10/guilds/" + s.at.guild + "/roles", {}, R"({"name":"Gold"})", {}};
  again.headers = {{"Authorization", "Bot " + discord.token}, {"Content-Type", "application/json"}};
  REQUIRE(t.here.test_stack().stack().web().send(discord.url, again)->status == 200);
  t.finds(s, finding::doubled, "is no resource of the manifest");

  s = t.fresh("A role that is gone");
  t.rest_call(s, "DELETE", fmt::format("/guilds/{}/roles/{}", s.at.guild, t.made(s, "role", "role-silver")));
  t.finds(s, finding::lost, "not in the guild");

  s = t.fresh("A missing overwrite");
  t.rest_call(s, "DELETE", fmt::format("/channels/{}/permissions/{}", t.made(s, "channel", "ch-vip-chat"), s.at.guild));
  t.finds(s, finding::wrong, "overwrites differs");

  s = t.fresh("A field that differs");
  t.rest_call(s, "PATCH", fmt::format("/guilds/{}/roles/{}", s.at.guild, t.made(s, "role", "role-gold")),
              js::object{{"color", 1}});
  t.finds(s, finding::wrong, "color differs");

  s = t.fresh("Somebody else's things");
  const auto theirs = std::ranges::find_if(
    s.before, [](const auto& entry) { return entry.second.at("name") == "general" && entry.second.contains("type"); });
  REQUIRE(theirs != s.before.end());
  t.rest_call(s, "PATCH", "/channels/" + theirs->first, js::object{{"topic", "touched"}});
  t.finds(s, finding::wrong, "was touched");
  t.rest_call(s, "DELETE", "/channels/" + theirs->first);
  t.finds(s, finding::wrong, "is gone");
}

TEST_CASE("crash check: damage in the records and in the queue is found") {
  struct damage {
    const char *name, *sql;
    finding::kind what;
    const char* said;
  };
  const damage in_the_records[]{
    {"Something owed", "update outbox set closed_at = null where kind = 'enqueue_job' and community_id = {}",
     finding::lost, "outbox: enqueue_job is still open"},
    {"A deployment without an end", "update deployments set state = 'running' where community_id = {}", finding::lost,
     "completed deployments: 0"},
    {"An open intent",
     "insert into deployment_intents (community_id, kind, resource, deployment_id, nonce) select community_id,"
     " 'role', 'role-gold', id, 'n' from deployments where community_id = {}",
     finding::lost, "has no recorded end"},
    {"A broken chain", // Behind the guard's back.
     "alter table audit_entries disable trigger append_only;"
     "update audit_entries set actor = 'nobody' where community_id = {};"
     "alter table audit_entries enable always trigger append_only",
     finding::wrong, "the audit chain is not whole"},
    {"An entry twice",
     "insert into audit_entries select community_id, sequence + 9, at, event, actor, target, payload, previous,"
     " hash from audit_entries where event = 'DEPLOYMENT_COMPLETED' and community_id = {}",
     finding::doubled, "audit entries DEPLOYMENT_COMPLETED: 2"}};
  fixture t;
  for (const auto& each : in_the_records) {
    const auto s = t.fresh(each.name);
    t.sql(s, each.sql);
    t.finds(s, each.what, each.said);
  }
  const auto s = t.fresh("A job that hangs");
  const queue::options named;
  const queue::keys keys{named.prefix, named.name};
  t.here.redis({"ZADD", keys.prioritized, "1", "synth-nobody"});
  t.finds(s, finding::lost, "a job hangs: prioritized synth-nobody");
}

TEST_CASE("crash check: a role that a member lacks, or still has, is found") {
  fixture t;
  const auto s = judged(t.here, "Judged");
  const auto all = check(t.here, s.at, s.before, s.goal);
  CHECK_MESSAGE(all.empty(), text_of_all(all));
  const auto role = [&](snowflake id) {
    return fmt::format("/guilds/{}/members/{}/roles/{}", s.at.guild, s.at.owner, id.text());
  };
  t.rest_call(s, "DELETE", role(s.goal.given));
  t.finds(s, finding::lost, "the member lacks the role " + s.goal.given.text());
  t.rest_call(s, "PUT", role(s.goal.taken));
  t.finds(s, finding::wrong, "the member has the role " + s.goal.taken.text());
  t.sql(s, "delete from role_takings where community_id = {}");
  t.finds(s, finding::lost, "counted takings: 0");
}

TEST_CASE("crash check: damage after a reconciliation is found") {
  fixture t;
  auto s = reconciled(t.here, "Reconciled");
  const auto all = check(t.here, s.at, s.before, s.goal);
  CHECK_MESSAGE(all.empty(), text_of_all(all));
  t.sql(s, "update reconciliations set state = 'cancelled' where community_id = {}");
  t.finds(s, finding::lost, "completed reconciliations: 0");
  t.rest_call(s, "DELETE", fmt::format("/guilds/{}/roles/{}", s.at.guild, t.made(s, "role", "role-silver")));
  t.finds(s, finding::lost, "not in the guild");
  s.goal.deleted_by_hand.clear(); // As if we had made what the admin deleted a second time.
  t.finds(s, finding::doubled, "is no resource of the manifest");
}

TEST_CASE("crash walk: a request that Discord refused is a finding, unless the fault took all memory of the buckets") {
  const system_test::refusals before{1, 1, {{"429 GET /a", 1}, {"403 GET /b", 2}}};
  const system_test::refusals now{3, 3, {{"429 GET /a", 3}, {"403 GET /b", 2}}};
  for (const auto what : all_faults) {
    CHECK(findings_of(before - before, what).empty());
    const auto found = findings_of(now - before, what);
    if (what == fault::kill_and_empty) {
      CHECK(found.empty());
      continue;
    }
    REQUIRE(found.size() == 1);
    CHECK(found[0].what == finding::wrong);
    CHECK(found[0].text == "Discord refused 2 times: 429 GET /a");
  }
}

TEST_CASE("crash walk: an admin whom a slow machine answers late clicks again, and goes on") {
  fixture t;
  auto& w = t.here.test_stack();
  const auto answers_late = [&] {
    return w.order_fault(
      {{"kind", "delay"}, {"method", "POST"}, {"path", "/interactions/*/callback"}, {"delay_ms", 4'000}});
  };
  const auto at = w.create_guild("Answered late");
  auto strict = w.admin(at); // Negative control.
  answers_late();
  CHECK_THROWS_WITH(strict.type("onboard"), "/onboard: The application did not respond");
  w.set_tries_max(3);
  auto admin = w.admin(at);
  answers_late();
  admin.type("onboard");
  CHECK_FALSE(admin.text().empty());
}

// The walk needs minutes for all points: `make crash`.
TEST_CASE("crash walk: six points drawn by a seed, each with a fault, lose, double and spoil nothing") {
  const test::scratch folder{"six"};
  process walk{{.argv = {system_test::programs() + "/tests/crash/crash"},
                .env = {"POINTS=6", "INSTALLATIONS=3"},
                .output = folder / "output"}};
  REQUIRE(walk.wait(300s));
  const auto output = test::content(folder / "output");
  MESSAGE(output.substr(output.find("SEED=")));
  CHECK(walk.exit_status() == 0);
}
