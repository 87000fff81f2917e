#include "actors/reconciler/reconciler.hpp"

#include "actors/guild/core/blueprint.hpp"
#include "actors/guild/reader.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/fakes/discord.hpp"
#include "tests/support/fakes/identity.hpp"
#include "tests/support/fakes/manifest.hpp"
#include "tests/support/fakes/queue.hpp"
#include "tests/support/fakes/store.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
struct bench {
  test::sim_system sim;
  test::fake_discord fake{sim};
  test::fake_store store{sim, test::fake_discord::guild_id};
  discord::rest rest = discord::start(sim.sys(), {.token = [] { return secret{"t"}; }}, fake.transport(),
                                      test::memory_budget(sim.sys()));
  guild::handle guilds = guild::start(sim.sys(), rest, test::start_identity(sim.sys(), fake.bot_known));
  test::fake_queue queue;
  queue::handle queue_port = queue.port(sim.sys());
  reconciler::handle actor = reconciler::start(sim.sys(), {store.communities_port(), store.manifests_port(),
                                                           store.deployments_port(), store.reconciliations_port(),
                                                           guilds, queue_port, [this] { ++kicks; }});
  int kicks = 0;
  ~bench() {
    caf::anon_send_exit(rest, caf::exit_reason::kill);
    sim.run();
  }
  void deploy() {
    const auto m = test::sample_manifest();
    store.submit(m);
    store.community.active_version = 1;
    store.shadow.version = 1;
    blueprint::ids ids;
    for (const auto& r : blueprint::resources(m)) {
      const auto f = *blueprint::wanted(m, r.key, ids, {fake.guild.id, fake.guild.bot});
      const auto id = ids[r.key] = fake.next_id();
      if (const auto* role = std::get_if<blueprint::role_fields>(&f))
        fake.guild.roles.push_back(
          {id, role->name, role->color, role->hoist, role->mentionable, false, 1, role->permissions});
      else {
        const auto& c = std::get<blueprint::channel_fields>(f);
        fake.guild.channels.push_back({id, c.type, c.name, c.topic, c.parent, 0, c.overwrites});
      }
      store.shadow.entries.push_back({r.key.kind, r.key.resource, id, blueprint::text(f)});
    }
  }
  caf::expected<reconciler::drift_report> drift(snowflake guild = test::fake_discord::guild_id) {
    caf::scoped_actor self{sim.sys()};
    auto pending = self->request(actor, caf::infinite, reconciler::drift{guild, {sim.now() + 5s}});
    sim.advance(6s);
    std::optional<caf::expected<reconciler::drift_report>> result;
    REQUIRE(self->has_next_message());
    pending.receive([&](reconciler::drift_report& x) { result.emplace(std::move(x)); },
                    [&](caf::error& e) { result.emplace(std::move(e)); });
    return std::move(*result);
  }
};
} // namespace

TEST_CASE("reconciler: a guild as deployed is clean; what changed is named; nothing is written") {
  bench b;
  CHECK(text_of(b.drift().error()).find("Nothing has been deployed in this server yet") != std::string::npos);
  b.store.newest.emplace().state = "failed";
  CHECK(text_of(b.drift().error()) == "The last deployment failed; `/resume` shows why.");
  b.store.newest->state = "running";
  CHECK(text_of(b.drift().error()).find("still under way") != std::string::npos);
  b.deploy();
  CHECK(code_of(b.drift({7}).error()) == ec::not_found);
  auto report = b.drift();
  REQUIRE(report);
  CHECK(report->clean);
  CHECK(report->lines.empty());
  b.fake.guild.roles.back().color = 1;
  report = b.drift();
  REQUIRE(report);
  CHECK_FALSE(report->clean);
  REQUIRE(report->lines.size() == 1);
  CHECK(report->lines[0].find("“Silver”: color changed in Discord") != std::string::npos);
  CHECK(b.fake.writes.empty());
}

TEST_CASE("reconciler: a guild that cannot be read is not a clean one") {
  bench b;
  b.deploy();
  b.fake.decide = [](const net::http_request&) { return test::fake_discord::fate::refused; };
  CHECK_FALSE(b.drift());
  b.fake.decide = {};
  b.fake.kicked = true;
  CHECK(text_of(b.drift().error()) == "The bot is not in this server any more. Invite it again.");
}

namespace {
caf::expected<reconciler::applied> apply_plan(bench& b, const std::string& sha256, std::string key = "click") {
  caf::scoped_actor self{b.sim.sys()};
  auto pending = self->request(b.actor, caf::infinite,
                               reconciler::apply{.guild = test::fake_discord::guild_id,
                                                 .admin = {4},
                                                 .plan_sha256 = sha256,
                                                 .key = std::move(key),
                                                 .until = {b.sim.now() + 5s}});
  b.sim.advance(6s);
  std::optional<caf::expected<reconciler::applied>> result;
  REQUIRE(self->has_next_message());
  pending.receive([&](reconciler::applied& x) { result.emplace(std::move(x)); },
                  [&](caf::error& e) { result.emplace(std::move(e)); });
  return std::move(*result);
}
} // namespace

TEST_CASE("reconciler: the plan that was confirmed is owed as a job, once for all clicks on the same button") {
  bench b;
  b.deploy();
  b.store.work.begin()->second.state = "completed";
  b.fake.guild.roles.back().color = 1;
  const auto shown = b.drift();
  REQUIRE(shown);
  const auto first = apply_plan(b, shown->plan_sha256);
  REQUIRE(first);
  CHECK(first->started);
  CHECK(b.kicks == 1);
  REQUIRE(b.store.repairs.size() == 1);
  CHECK(b.store.repairs[0].plan_json == shown->plan_json);
  CHECK(apply_plan(b, shown->plan_sha256)->started);
  b.fake.guild.roles.back().color = 2; // By our own doing, half way.
  CHECK(apply_plan(b, shown->plan_sha256)->started);
  CHECK(b.store.repairs.size() == 1);
  const auto other = apply_plan(b, shown->plan_sha256, "another click");
  CHECK(code_of(other.error()) == ec::conflict);
  CHECK(text_of(other.error()).find("An earlier Apply is still running") != std::string::npos);
  CHECK(b.drift()->last_apply.find("An Apply is running") != std::string::npos);
  CHECK(b.drift()->applying);
}

TEST_CASE("reconciler: an Apply that was cancelled is told with its reason, as long as something differs") {
  bench b;
  b.deploy();
  b.store.work.begin()->second.state = "completed";
  b.fake.guild.roles.back().color = 1;
  REQUIRE(apply_plan(b, b.drift()->plan_sha256));
  auto& last = b.store.repairs.back();
  last.state = "cancelled";
  last.error_text = "The server changed after the plan was shown, so nothing was applied.";
  CHECK(b.drift()->last_apply
        == "The last Apply was cancelled. The server changed after the plan was shown, so nothing was applied. What "
           "differs now is below.");
  CHECK_FALSE(b.drift()->applying);
  b.fake.guild.roles.back().color = test::sample_manifest().roles.back().color;
  CHECK(b.drift()->last_apply.empty());
}

namespace {
/// An Apply that is open, and that nobody has worked at for minutes.
struct idle_apply : bench {
  std::string shown, job;
  idle_apply() {
    deploy();
    store.work.begin()->second.state = "completed";
    fake.guild.roles.back().color = 1;
    shown = drift()->plan_sha256;
    REQUIRE(apply_plan(*this, shown));
    store.repairs.back().is_idle = true;
    job = "reconcile-" + store.repairs.back().id;
  }
  void enqueue() { REQUIRE(queue.add({"RECONCILE_GUILD", "{}", {.id = job}, {sim.now() + 5s}})); }
  /// True if the Apply is shown as stopped and another click takes its place: always both.
  bool is_replaced() {
    const auto report = drift();
    const bool stopped = report->last_apply.starts_with("An earlier Apply has stopped, and nobody recorded why: 0 of");
    CHECK(report->applying == !stopped);
    const auto next = apply_plan(*this, shown, "another click");
    CHECK((next && next->started) == stopped);
    CHECK(store.repairs.size() == (stopped ? 2 : 1));
    return stopped;
  }
};
} // namespace

TEST_CASE_FIXTURE(idle_apply, "reconciler: an idle Apply whose job the queue has waits, and says for what") {
  enqueue();
  CHECK(drift()->last_apply == "An Apply waits: Others are before it in the queue. It goes on by itself.");
  queue.pause(true);
  CHECK(drift()->last_apply
        == "An Apply waits: The operator of this bot has paused the queue. It goes on by itself when they resume it.");
  CHECK_FALSE(is_replaced());
  queue.pause(false);
  REQUIRE(queue.take("lock"));
  CHECK(drift()->last_apply == "An Apply waits: A worker has it in hand.");
  CHECK_FALSE(is_replaced());
}

TEST_CASE_FIXTURE(idle_apply, "reconciler: negative control: an idle Apply that the queue does not know is stopped") {
  CHECK(is_replaced());
}

TEST_CASE_FIXTURE(idle_apply,
                  "reconciler: an idle Apply whose job has failed is stopped, and the next takes its place") {
  enqueue();
  REQUIRE(queue.take("lock"));
  REQUIRE(queue.finish(job, "lock", {.what = queue::outcome::failed_final, .reason = "x"}));
  CHECK(is_replaced());
}

TEST_CASE_FIXTURE(idle_apply, "reconciler: a queue that does not answer says nothing about an idle Apply") {
  caf::anon_send_exit(queue_port, caf::exit_reason::kill);
  sim.run();
  CHECK(drift()->last_apply.find("cannot be read just now") != std::string::npos);
  CHECK_FALSE(is_replaced());
}

TEST_CASE("reconciler: a guild that changed since has another plan, and nothing is owed") {
  bench b;
  b.deploy();
  b.store.work.begin()->second.state = "completed";
  b.fake.guild.roles.back().color = 1;
  const auto shown = b.drift();
  b.fake.guild.roles.back().color = 2;
  const auto got = apply_plan(b, shown->plan_sha256);
  REQUIRE(got);
  CHECK_FALSE(got->started);
  CHECK(got->now.plan_sha256 == b.drift()->plan_sha256);
  CHECK(b.store.repairs.empty());
  CHECK(b.kicks == 0);
}

TEST_CASE("reconciler: while a deployment runs, Apply says so and does nothing") {
  bench b;
  b.deploy();
  b.fake.guild.roles.back().color = 1;
  const auto got = apply_plan(b, b.drift()->plan_sha256);
  CHECK(text_of(got.error()).find("A deployment is running") != std::string::npos);
  CHECK(b.store.repairs.empty());
}

TEST_CASE("reconciler: what Discord made twice is told as long as it is there") {
  bench b;
  b.deploy();
  const auto used = b.fake.guild.roles.back();
  auto late = used;
  late.id = b.fake.next_id();
  for (const auto id : {used.id, late.id})
    b.fake.audit.push_back({test::fake_discord::bot, id, 30, "Arrakis: role “Silver” [0123]"});
  CHECK(b.drift()->doubled.empty()); // Negative control: only one is in the guild.
  b.fake.guild.roles.push_back(late);
  const auto report = b.drift();
  REQUIRE(report->doubled.size() == 1);
  CHECK(report->doubled[0].find("Delete " + late.id.text()) != std::string::npos);
  b.fake.audit_readable = false; // Not known is not an error.
  CHECK(b.drift()->doubled.empty());
}
