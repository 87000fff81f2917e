// Faults that a deployment survives: SIGKILL of the daemon, a freeze, missing permissions, the bot removed from the
// guild, and an unavailable PostgreSQL or Redis.
#include "runtime/json.hpp"
#include "tests/support/running_time.hpp"
#include "tests/support/servers.hpp"
#include "tests/system/inspect.hpp"
#include "tests/system/node.hpp"
#include "tests/system/records.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
namespace js = boost::json;
using strings = std::vector<std::string>;
using namespace std::chrono_literals;

test_stack& here() { return shared(false); }

size_t made(const place& at) { return read_guild(here(), at).made.size(); }

std::string roles_of(const place& at) { return "/guilds/" + at.guild + "/roles"; }

/// Checks a guild after a deployment of `simple` and `standard`: 3 roles, 2 categories, 5 channels.
constexpr size_t whole = 10;

void check_whole(const place& at) {
  CHECK(disagreements(here(), at) == strings{});
  CHECK(made(at) == whole);
  CHECK(wait_until_idle(here(), at));
  CHECK(open_intents(here(), at) == 0);
  CHECK(audit_entries(here(), at) == 2); // Submitted and completed, once each.
}

/// The pid that the newest line of arrakisd's log names for one of its servers.
int pid_of(const std::string& server) {
  std::istringstream in{test::content(here().stack().log_file())};
  int pid = -1;
  for (std::string line; std::getline(in, line);) {
    const auto parsed = json::parse(line);
    if (!parsed || !parsed->is_object())
      continue;
    const auto& o = parsed->get_object();
    const auto event = json::text_or(o, "event");
    if ((event == "embedded.started" || event == "embedded.restarted") && json::text_or(o, "server") == server)
      pid = std::stoi(std::string{json::text_or(o, "pid")});
  }
  REQUIRE(pid > 0);
  return pid;
}

/// /health/ready: its status, and the dependencies that are not ready.
std::pair<int, strings> readiness() {
  const auto got = here().stack().web().call(here().stack().admin_url(), "GET", "/health/ready");
  if (!got || !got->body.is_object())
    return {0, {}};
  strings missing;
  for (const auto& each : *json::object_in(got->body.get_object(), "dependencies"))
    if (!json::bool_or(each.value().as_object(), "ready"))
      missing.emplace_back(each.key());
  return {got->status, missing};
}
std::string detail_of(const std::string& dependency) {
  const auto got = here().stack().web().call(here().stack().admin_url(), "GET", "/health/ready");
  const auto* all = got && got->body.is_object() ? json::object_in(got->body.get_object(), "dependencies") : nullptr;
  const auto* one = all ? json::object_in(*all, dependency) : nullptr;
  return one ? std::string{json::text_or(*one, "detail")} : std::string{};
}
bool is_missed(const std::string& dependency) {
  return demo::eventually(
    [&] {
      const auto missing = readiness().second;
      return std::find(missing.begin(), missing.end(), dependency) != missing.end();
    },
    20s);
}
bool becomes_ready() {
  return demo::eventually([] { return readiness().first == 200; }, 30s);
}

snowflake bot_role(const place& at) {
  const auto state = here().stack().sandbox("GET", "state?guild=" + at.guild);
  for (const auto& each : state.as_object().at("guilds").as_array().at(0).as_object().at("roles").as_array()) {
    const auto* tags = json::object_in(each.as_object(), "tags");
    if (tags && json::text_or(*tags, "bot_id") == here().stack().discord().bot)
      return *parse_snowflake(json::text_or(each.as_object(), "id"));
  }
  return {};
}

void give_permissions(const place& at, const std::string& mask) {
  here().rest_call(at.owner, "PATCH", roles_of(at) + "/" + bot_role(at).text(), js::object{{"permissions", mask}});
}
constexpr auto enough = "8"; // Administrator.

/// Requests that changed something, or tried to, in this guild since the request `after`.
size_t writes_in(const place& at, int64_t after) {
  const auto all = here().stack().sandbox("GET", fmt::format("requests?after={}", after));
  size_t n = 0;
  for (const auto& each : all.as_array()) {
    const auto& o = each.as_object();
    const auto path = json::text_or(o, "path");
    n += json::text_or(o, "method") != "GET" && path.find("/guilds/" + at.guild + "/") != std::string_view::npos;
  }
  return n;
}
int64_t last_request() { return json::integer_or(here().stack().sandbox("GET", "statistics").as_object(), "requests"); }
} // namespace

// The negative control is a unit test: with adoption off (services::adopts) an interrupted create is made twice.
TEST_CASE("crash: killed at three points at once, every deployment ends in its guild, with nothing made twice") {
  auto& w = here();
  const auto on_its_way = w.create_guild("Killed with a request on its way");
  const auto lost_answer = w.create_guild("Killed after an effect without an answer");
  const auto between = w.create_guild("Killed among the channels");
  auto one = w.at_review(on_its_way, "One");
  auto two = w.at_review(lost_answer, "Two");
  auto three = w.at_review(between, "Three");
  // The process dies while it creates the third role, and Discord creates it without a receiver of the answer.
  const auto first = w.slow_create(on_its_way, "roles", 2, 4'000ms);
  // Two categories and a channel exist; the request of the second channel never arrives. If Discord created it after
  // the next process had searched for it, there would be two (docs/decisions/0006, "Known limit").
  const auto second = w.slow_create(between, "channels", 3, 24h);
  one.press("wizard:deploy:*");
  three.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(first));
  REQUIRE(w.wait_for_fault(second));
  // The third role of this guild is created, and the answer is lost: the worker waits before it reads, and dies then.
  const auto third = w.order_fault(
    {{"kind", "lose_answer"}, {"method", "POST"}, {"path", roles_of(lost_answer)}, {"skip", 2}});
  two.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(third));
  w.stack().kill_arrakis();
  CHECK(made(lost_answer) == 3);
  CHECK(made(between) == 6); // Three roles, two categories, a channel.
  w.clear_faults();
  w.stack().start_arrakis();
  for (const auto& at : {on_its_way, lost_answer, between})
    CHECK(wait_for_state(w, at, 1, "completed"));
  for (const auto& at : {on_its_way, lost_answer, between})
    check_whole(at);
  const auto no = count_refusals(w);
  INFO(json::print(w.stack().sandbox("GET", "statistics")));
  CHECK(no.rate_limited == 0);
  CHECK(no.invalid == 0);
}

TEST_CASE("freeze: during a deployment it stops every write and uses no attempt; a thaw completes the deployment") {
  auto& w = here();
  const auto at = w.create_guild("Frozen");
  auto admin = w.at_review(at, "Frozen");
  const auto slow = w.slow_create(at, "channels", 1, 1'500ms);
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(slow));
  const auto frozen = w.stack().ctl({"community", "freeze", at.guild, "a drill"});
  INFO(frozen.second);
  REQUIRE(frozen.first == 0);
  CHECK(contains(frozen.second, "frozen"));
  const auto why = w.stack().ctl({"community", "show", at.guild}).second;
  CHECK_MESSAGE(contains(why, "by operator: a drill"), why);
  CHECK(contains(w.stack().ctl({"community", "show", at.guild, "--json"}).second, R"("status_reason":"a drill")"));
  const auto trail = w.stack().ctl({"audit", "log", at.guild});
  CHECK(trail.first == 0);
  CHECK_MESSAGE(contains(trail.second, "COMMUNITY_FROZEN"), trail.second);
  CHECK(trail.second.starts_with("ENTRY"));
  // Requests that had left arrive; after them none does, however often the job is woken.
  REQUIRE(demo::eventually([&] { return contains(newest_deployment(w, at).line, "waiting"); }, 20s));
  const auto before = made(at);
  const auto seen_until = last_request();
  CHECK(before < whole);
  const auto wakes = [&] {
    return metric(w, w.stack().admin_url(), "arrakis_jobs_ended_total",
                  R"(end="postponed",kind="SYNTHESIZE_COMMUNITY")");
  };
  const auto woken = wakes();
  REQUIRE(demo::eventually([&] { return wakes() > woken; }, 20s));
  CHECK(made(at) == before);
  CHECK(writes_in(at, seen_until) == 0);
  CHECK(contains(w.stack().ctl({"jobs", "list"}).second, "0/3"));
  // The other community is not frozen.
  const auto beside = w.create_guild("Beside the frozen one");
  auto neighbour = w.at_review(beside, "Beside");
  CHECK(demo::deploy(neighbour));
  const auto thawed = w.stack().ctl({"community", "thaw", at.guild});
  REQUIRE(thawed.first == 0);
  CHECK(contains(thawed.second, "is active: what was stopped goes on by itself."));
  CHECK(!contains(w.stack().ctl({"community", "show", at.guild}).second, "a drill")); // Negative control.
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(made(at) == whole);
  CHECK(wait_until_idle(w, at));
  CHECK(audit_entries(w, at) == 4); // And the freeze and the thaw.
}

TEST_CASE(
  "review: refuses with a sentence while the bot lacks a permission or stands too low, and says when it is mended") {
  auto& w = here();
  const auto at = w.create_guild("Forbidden");
  give_permissions(at, "1024");
  auto admin = w.at_review(at, "Forbidden");
  CHECK(contains(admin.text(), "Give the bot the permission “Manage Roles”"));
  CHECK(contains(admin.text(), "Give the bot the permission “Manage Channels”"));
  CHECK_THROWS(admin.press("wizard:deploy:*")); // Discord itself does not let a disabled button be pressed.
  CHECK(made(at) == 0);
  give_permissions(at, enough);
  admin.press("wizard:refresh:*");
  CHECK(admin.sees("The bot has the permissions it needs", 10s));
  REQUIRE(demo::deploy(admin));
  // The bot's role is moved below one of its own roles, so the next version cannot be deployed.
  const auto gold = role_named(read_guild(w, at), "Gold")->id;
  w.rest_call(at.owner, "PATCH", roles_of(at), js::array{js::object{{"id", bot_role(at).text()}, {"position", 1}}});
  admin.type("onboard");
  REQUIRE(admin.sees("Step 7 of 8"));
  admin.press("wizard:refresh:*");
  CHECK(admin.sees("The bot in this server: ⚠️", 10s));
  INFO(admin.text());
  CHECK(contains(admin.text(), "Move the bot's role above “Gold”"));
  CHECK_THROWS(admin.press("wizard:deploy:*"));
  CHECK(role_named(read_guild(w, at), "Gold")->id == gold);
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("missing permissions: taken away after the review, the deployment fails once, and Retry completes it") {
  auto& w = here();
  const auto at = w.create_guild("Robbed");
  auto admin = w.at_review(at, "Robbed");
  const auto slow = w.slow_create(at, "roles", 2, 1'000ms);
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(slow));
  give_permissions(at, "1024");
  const auto began = last_request();
  REQUIRE(wait_for_state(w, at, 1, "failed"));
  REQUIRE(admin.sees("could not be built", 10s));
  INFO(admin.text());
  CHECK(contains(admin.text(), "Manage Roles"));
  CHECK(contains(admin.text(), "Retry"));
  CHECK(contains(newest_deployment(w, at).line, "PERMISSION_ERROR"));
  CHECK(writes_in(at, began) <= 2); // No repetition: the requests in flight, and the refused one.
  CHECK(wait_until_idle(w, at));
  CHECK(contains(w.stack().ctl({"jobs", "list", "failed"}).second, "PERMISSION_ERROR"));
  give_permissions(at, enough);
  admin.type("resume");
  INFO(admin.text());
  REQUIRE(admin.sees("Retry", 10s));
  admin.press("wizard:retry:*");
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(made(at) == whole);
  CHECK(wait_until_idle(w, at));
}

TEST_CASE("kick: a bot removed from the guild during a deployment fails it without further retries") {
  auto& w = here();
  const auto at = w.create_guild("Thrown out");
  auto admin = w.at_review(at, "Thrown out");
  const auto slow = w.slow_create(at, "channels", 2, 1'000ms);
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(slow));
  w.rest_call(at.owner, "DELETE", "/guilds/" + at.guild + "/members/" + w.stack().discord().bot);
  REQUIRE(wait_for_state(w, at, 1, "failed"));
  const auto line = newest_deployment(w, at).line;
  INFO(line);
  CHECK(contains(line, "Invite it again"));
  CHECK(wait_until_idle(w, at));
  CHECK(audit_entries(w, at) >= 2);
  // The job is a dead letter; replayed it finds that its deployment has ended, and does nothing.
  const auto id = newest_deployment(w, at).id;
  CHECK(contains(w.stack().ctl({"jobs", "dead"}).second, "synth-" + id));
  const auto before = last_request();
  CHECK(w.stack().ctl({"jobs", "replay", "synth-" + id}).first == 0);
  REQUIRE(demo::eventually(
    [&] {
      return contains(w.stack().ctl({"jobs", "list", "completed"}).second, "synth-" + id);
    },
    10s));
  CHECK(writes_in(at, before) == 0);
  CHECK(newest_deployment(w, at).state == "failed");
  w.stack().sandbox("POST", "invite", js::object{{"guild", at.guild}});
  admin.type("resume");
  REQUIRE(admin.sees("Retry", 10s));
  admin.press("wizard:retry:*");
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
  CHECK(made(at) == whole);
}

namespace {
/// Suspends one of arrakisd's servers during a deployment; /health/ready names it `dependency`. The user gets an answer
/// within Discord's 3 s (else type() throws), and a sentence within `told_within`.
void check_stands_still(const std::string& server, const std::string& dependency, std::chrono::seconds told_within) {
  auto& w = here();
  const auto under_way = w.create_guild("While " + server + " was away");
  auto admin = w.at_review(under_way, server + " away");
  const auto slow = w.slow_create(under_way, "channels", 1, 1'500ms);
  admin.press("wizard:deploy:*");
  REQUIRE(w.wait_for_fault(slow));
  const auto at = w.create_guild("Asked while " + server + " was away");
  auto other = w.admin(at);
  {
    const standing_still it{family_of(pid_of(server))};
    const test::running_time time;
    CHECK(is_missed(dependency));
    CHECK(time.now() < 3s);
    CHECK(readiness().first == 503);
    other.type("onboard");
    CHECK(other.sees("Try again", told_within));
  }
  CHECK(becomes_ready());
  CHECK(wait_for_state(w, under_way, 1, "completed"));
  check_whole(under_way);
  other.type("onboard");
  CHECK(other.sees("Step 1 of 8"));
}
} // namespace

TEST_CASE(
  "redis: while it stands still the user is told in time and nothing is ready; afterwards all goes on by itself") {
  check_stands_still("redis", "redis", 10s);
}

// Negative control: without lease_guard.cpp's apologize() Discord shows that the application did not respond.
TEST_CASE("redis down: interactions after the shard's lease expired are answered in time, and the queue is not ready") {
  auto& w = here();
  const auto at = w.create_guild("Asked long after redis was away");
  auto user = w.admin(at);
  {
    const standing_still it{family_of(pid_of("redis"))};
    CHECK(is_missed("queue"));
    REQUIRE(demo::eventually([] { return contains(detail_of("discord"), "leaderless"); }, 30s));
    user.type("onboard"); // Throws without an answer in Discord's 3 s.
    CHECK(user.sees("Try again in a moment", 1s));
  }
  CHECK(becomes_ready());
  user.type("onboard"); // The first interaction of this user, whatever Discord replays to the shard's next term.
  CHECK(user.sees("Step 1 of 8"));
}

TEST_CASE("redis: a maxmemory-policy other than noeviction ends the start with an error, whichever setting names it") {
  const test::redis_server evicts{{"--maxmemory-policy", "allkeys-lru", "--unixsocketperm", "777"}};
  const auto folder = std::filesystem::path{evicts.url().substr(7)}.parent_path();
  std::filesystem::permissions(folder, std::filesystem::perms{0755}); // A daemon started as root gives that up.
  for (const std::string setting : {"redis.url", "redis.queue_url"}) {
    auto environment = beside(here());
    environment.insert(environment.begin(), "ARRAKIS_NODE_STATE_FOLDER=" + here().folder() + "/evicts");
    environment.insert(environment.begin(),
                       (setting == "redis.url" ? "ARRAKIS_REDIS_URL=" : "ARRAKIS_REDIS_QUEUE_URL=") + evicts.url());
    const auto [code, text] = run("arrakisd", {}, environment);
    INFO(text);
    CHECK(code == 1);
    CHECK(contains(text, setting + ": maxmemory-policy is allkeys-lru"));
  }
}

TEST_CASE(
  "postgres: while it stands still the user is told in time and nothing is ready; afterwards all goes on by itself") {
  check_stands_still("postgres", "database", 15s);
}

TEST_CASE("servers: killed under a running deployment, both are started again and it ends in its guild") {
  auto& w = here();
  for (const auto* server : {"redis", "postgres"}) {
    INFO(server);
    const auto at = w.create_guild(std::string{"Killed "} + server);
    auto admin = w.at_review(at, server);
    const auto slow = w.slow_create(at, "channels", 1, 500ms);
    admin.press("wizard:deploy:*");
    REQUIRE(w.wait_for_fault(slow));
    const auto before = pid_of(server);
    ::kill(before, SIGKILL);
    REQUIRE(demo::eventually([&] { return pid_of(server) != before; }, 20s));
    CHECK(becomes_ready());
    CHECK(wait_for_state(w, at, 1, "completed"));
    check_whole(at);
  }
}
