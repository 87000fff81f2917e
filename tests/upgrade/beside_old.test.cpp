// The programs of a8a6a10 and of today at the same time, on one PostgreSQL, one Redis and one bot. The old arrakisd is
// built by hand (CONTRIBUTING.md, "An older program"); without ARRAKIS_OLD_PROGRAM these cases are skipped.
#include "adapters/embedded/embedded.hpp"
#include "runtime/process.hpp"
#include "tests/support/source_file.hpp"
#include "tests/system/node.hpp"
#include "tests/system/records.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

const char* old_program() {
  const char* given = std::getenv("ARRAKIS_OLD_PROGRAM");
  return given && *given ? given : nullptr;
}

std::string archive() { return test::source_file("tests/upgrade/states/a8a6a10.tar.xz"); }

/// An arrakisd of a8a6a10, which knows fewer settings than ours.
class old_node {
public:
  old_node(demo::local_stack& t, const std::string& name, strings environment)
    : log_file_(t.folder() + "/" + name + ".log") {
    environment.insert(environment.end(),
                       {"ARRAKIS_HTTP_PORT=0", "ARRAKIS_NODE_SHUTDOWN_GRACE_S=10", "ARRAKIS_QUEUE_CONCURRENCY=1",
                        "ARRAKIS_CHAINS_RPC_SANDBOX=http://127.0.0.1:9", "ARRAKIS_DISCORD_API_URL=" + t.discord().url,
                        "ARRAKIS_DISCORD_TOKEN=" + t.discord().token,
                        "ARRAKIS_DISCORD_PUBLIC_KEY=" + t.discord().public_key});
    child_.emplace(process_options{{old_program(), "--roles", "all"}, environment, {}, {}, log_file_});
  }
  ~old_node() { stop(); }
  old_node(const old_node&) = delete;
  bool is_ready() { return waits_for("\"event\":\"ready\""); }
  bool says(const std::string& text) const { return log().find(text) != std::string::npos; }
  bool waits_for(const std::string& text, std::chrono::milliseconds patience = 60s) {
    return demo::eventually([&] { return says(text) || !child_->running(); }, patience) && says(text);
  }
  std::string log() const { return test::content(log_file_); }
  void kill() { child_->signal(SIGKILL); }
  int stop() {
    child_->stop(SIGTERM, 20s);
    return child_->exit_status().value_or(-1);
  }
  /// The exit code; -1: the program still runs.
  int ends() { return child_->wait(60s) ? child_->exit_status().value_or(-1) : -1; }

private:
  std::string log_file_;
  std::optional<process> child_;
};

/// On the servers of the stack's arrakisd, which is one of today.
strings beside_ours(demo::local_stack& t, const std::string& name) {
  const auto first = t.folder() + "/arrakis";
  return {"ARRAKIS_NODE_STATE_FOLDER=" + t.folder() + "/" + name,
          "ARRAKIS_POSTGRES_MODE=external",
          "ARRAKIS_REDIS_MODE=external",
          "ARRAKIS_POSTGRES_DSN=" + embedded::dsn(first, "arrakis_app"),
          "ARRAKIS_POSTGRES_RELAY_DSN=" + embedded::dsn(first, "arrakis_relay"),
          "ARRAKIS_POSTGRES_MIGRATE_DSN=" + embedded::dsn(first, "arrakis_owner"),
          "ARRAKIS_REDIS_URL=" + embedded::redis_url(first),
          "ARRAKIS_SIGNER_FOLDER=" + first + "/keys",
          "ARRAKIS_OBJECTS_FOLDER=" + first + "/objects"};
}

/// Nothing lost, nothing doubled.
void check_whole(test_stack& w, const place& at, size_t resources) {
  INFO("guild ", at.guild);
  CHECK(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(read_guild(w, at).made.size() == resources);
  CHECK(wait_until_idle(w, at));
  CHECK(open_intents(w, at) == 0);
  CHECK(audit_entries(w, at) == 2);
}
constexpr size_t standard_resources = 10;

/// A deployment that stands at its fourth channel.
int64_t deploy_slowly(test_stack& w, const place& at, const std::string& name,
                      std::chrono::milliseconds wait = 4'000ms) {
  auto admin = w.at_review(at, name);
  const auto fault = w.slow_create(at, "channels", 3, wait);
  admin.press("wizard:deploy:*");
  return fault;
}
/// A stack of today's build with a node of a8a6a10 beside it.
struct side_by_side {
  test_stack w{false, {"ARRAKIS_QUEUE_CONCURRENCY=1"}};
  std::optional<old_node> old;
  std::vector<place> all;

  side_by_side() { start_old("old"); }
  void start_old(const std::string& name) {
    old.emplace(w.stack(), name, beside_ours(w.stack(), name));
    REQUIRE_MESSAGE(old->is_ready(), old->log());
  }
  /// So many deployments at once, each of which stands still for a moment on a node of its own.
  void slowly(const std::string& name, int count) {
    std::vector<int64_t> faults;
    for (int i = 0; i < count; ++i) {
      all.push_back(w.create_guild(fmt::format("{} {}", name, i)));
      faults.push_back(deploy_slowly(w, all.back(), fmt::format("{} {}", name, i)));
    }
    for (const auto fault : faults)
      REQUIRE(w.wait_for_fault(fault, 30s));
  }
  bool all_complete() {
    return std::ranges::all_of(all, [this](const auto& at) { return wait_for_state(w, at, 1, "completed"); });
  }
};

std::string owner(demo::local_stack& t, const std::string& sql) {
  pqxx::connection db{embedded::dsn(t.folder() + "/arrakis", "arrakis_owner")};
  const auto rows = pqxx::nontransaction{db}.exec(sql);
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

const auto needs_old_program = doctest::skip(old_program() == nullptr);
} // namespace

TEST_CASE("older program: today's migrates the database below it, and it goes on working" * needs_old_program) {
  const auto migrated_below = [](demo::local_stack& t) {
    const auto state = t.folder() + "/arrakis";
    old_node old{t, "old", {"ARRAKIS_NODE_STATE_FOLDER=" + state}};
    REQUIRE_MESSAGE(old.is_ready(), old.log());
    const auto known = owner(t, "select count(*) from schema_migrations");
    const auto migrated = run("arrakisd", {"migrate"}, beside_ours(t, "migrating"));
    INFO(migrated.second);
    REQUIRE(migrated.first == 0);
    CHECK(owner(t, "select count(*) from schema_migrations") != known);
    // The one in flight and the two that wait behind it end on the old node, on the new schema.
    CHECK(demo::eventually(
      [&] { return owner(t, "select count(*) from deployments where state = 'completed'") == "4"; }, 120s));
    CHECK(owner(t, "select count(*) from outbox where closed_at is null") == "0");
    CHECK(old.stop() == 0);
  };
  test_stack w{false, {}, migrated_below, {}, archive()};
  for (const auto& [name, resources] :
       {std::pair{"Deployed", 10}, std::pair{"In flight", 10}, std::pair{"Waiting 1", 6}, std::pair{"Waiting 2", 6}})
    check_whole(w, w.guild_named(name), static_cast<size_t>(resources));
  CHECK(count_refusals(w) == refusals{0, 0});
  // The way back is closed: with servers of its own it ends at its start.
  w.stack().stop_arrakis();
  old_node back{w.stack(), "back", {"ARRAKIS_NODE_STATE_FOLDER=" + w.stack().folder() + "/arrakis"}};
  CHECK(back.ends() == 1);
  CHECK_MESSAGE(back.says("which this build does not know"), back.log());
}

TEST_CASE("older program: nodes of both share the work, and finish what one of them leaves" * needs_old_program) {
  side_by_side s;
  s.slowly("Side by side", 2);
  CHECK(s.all_complete());
  REQUIRE(s.old->waits_for("\"end\":\"completed\"")); // Each works on one at a time, so it had one of the two.

  s.slowly("Old is killed", 2);
  s.old->kill();
  CHECK(s.all_complete());
  s.start_old("again");

  {
    node second{s.w, "second", "worker", {"ARRAKIS_QUEUE_CONCURRENCY=1"}};
    s.slowly("A new one is killed", 3);
    second.kill();
    CHECK(s.all_complete());
  }
  for (const auto& at : s.all)
    check_whole(s.w, at, standard_resources);
  CHECK(count_refusals(s.w) == refusals{0, 0});
  CHECK(s.old->stop() == 0);
}

TEST_CASE("older program: a job that only today's knows is done there, also when the older node took it first"
          * needs_old_program) {
  side_by_side s;
  auto& w = s.w;
  const auto at = w.create_guild("Applied");
  auto admin = w.at_review(at, "Applied");
  REQUIRE(demo::deploy(admin));
  admin.try_times(20); // The shard may be at either node.
  int rounds = 0;
  for (; rounds < 20 && !s.old->says("UNKNOWN_JOB_TYPE"); ++rounds) { // Each time the one or the other takes it.
    w.rest_call(at.owner, "DELETE", "/channels/" + shadow_ids(w, at).at({"channel", "ch-vip-chat"}).text());
    admin.type("reconcile");
    REQUIRE_MESSAGE(admin.sees("creates 1", 10s), admin.text());
    admin.press("reconcile:apply:*");
    REQUIRE(admin.sees("Apply these changes?", 10s));
    admin.press("reconcile:confirm:*");
    REQUIRE_MESSAGE(admin.sees("matches its plan again", 90s), admin.text());
    CHECK(disagreements(w, at) == strings{});
    CHECK(wait_until_idle(w, at));
  }
  CHECK(s.old->says("UNKNOWN_JOB_TYPE"));
  CHECK(read_guild(w, at).made.size() == standard_resources + static_cast<size_t>(rounds));
  CHECK(audit_entries(w, at) == 2 + 2 * rounds);
}
