#include "adapters/postgres/reconciliations/reconciliations.hpp"

#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/manifests/manifests.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/fakes/submission.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using namespace reconciliations;
using deployments::key;

struct bench : test::stores {
  reconciliations::handle reconciliations = live.keep(reconciliations::start(live.sys(), app));
  deployments::handle deployments = live.keep(deployments::start(live.sys(), app));
  manifests::handle manifests = live.keep(manifests::start(live.sys(), app));
  outbox::handle outbox = live.keep(outbox::start(live.sys(), relay));
  community_id community;

  bench() {
    deploy();
    finish(1);
  }
  deployments::submitted deploy() {
    const auto p = get<deployments::prepared>(deployments, deployments::prepare{{1}, soon()});
    community = p.community;
    return get<deployments::submitted>(deployments,
                                       test::submission(p, {1}, fmt::format("click {}", p.next_version), soon()));
  }
  deployments::claim order_deployment(int64_t version) { return {community, version, "w1", 60s, soon()}; }
  void finish(int64_t version) {
    const auto c = get<deployments::claimed>(deployments, order_deployment(version));
    get<deployments::conversation>(
      deployments, deployments::complete{{community, c.deployment, c.run}, version, {entry(500)}, {}, soon(), {}});
  }
  static manifests::shadow_entry entry(uint64_t id) { return {"role", "role-naib", {id}, R"({"name":"Naib"})"}; }

  request order(std::string click = "click", std::string plan = R"({"steps":[1]})") {
    const auto sha256 = sha256_hex(plan);
    return {.key = std::move(click),
            .community = community,
            .version = 1,
            .plan_json = std::move(plan),
            .plan_sha256 = sha256,
            .admin = {4711},
            .application = {9},
            .interaction_token = secret{"token"},
            .token_life = 15min,
            .trace = {},
            .until = soon()};
  }
  requested ask(std::string click = "click") { return get<requested>(reconciliations, order(std::move(click))); }
  claim order_claim(const requested& r, std::string worker = "w1", std::chrono::milliseconds lease = 60s) {
    return {community, r.reconciliation, std::move(worker), lease, soon()};
  }
  claimed take(const requested& r, std::string worker = "w1") {
    return get<claimed>(reconciliations, order_claim(r, std::move(worker)));
  }
  key of(const claimed& c) { return {community, c.work.deployment, c.work.run, deployments::work::reconciliation}; }
  complete order_complete(const claimed& c, std::vector<deployments::doubled_resource> doubled = {}) {
    return {of(c), {entry(501)}, std::move(doubled), soon()};
  }
  deployments::checkpoint note(const claimed& c, uint64_t id) {
    return {of(c), {"role", "role-naib", {id}, R"({"name":"Naib"})"}, soon()};
  }
  std::string state() { return get<status_of>(reconciliations, status{community, soon()}).state; }
  snowflake shadow() {
    return get<manifests::shadow>(manifests, manifests::load_shadow{community, soon()}).entries.at(0).id;
  }
  std::string events() {
    return owner(
      "select string_agg(event, ' ' order by sequence) from audit_entries where event not like 'DEPLOYMENT%'");
  }
  std::string open_jobs() {
    return owner("select count(*) from outbox where kind = 'enqueue_job' and closed_at is null");
  }
  void expire_leases() {
    for (const auto* table : {"deployments", "reconciliations"})
      owner(
        fmt::format("update {} set lease_until = now() - interval '1 second' where lease_holder is not null", table));
  }
};
} // namespace

TEST_CASE_FIXTURE(bench, "reconciliations: a request owes a job, and its end writes the shadow state and closes it") {
  CHECK(code<status_of>(reconciliations, status{community, soon()}) == ec::not_found);
  const auto r = ask();
  CHECK(r.job == "reconcile-" + r.reconciliation);
  CHECK(owner("select payload->>'name' || ' ' || (payload->'data'->>'reconciliation') from outbox where closed_at is "
              "null and kind = 'enqueue_job'")
        == "RECONCILE_GUILD " + r.reconciliation);
  CHECK(owner("select actor = (select id::text from profiles) from audit_entries where event like 'RECON%'") == "t");
  const auto c = take(r);
  CHECK(c.plan_json == R"({"steps":[1]})");
  CHECK(c.plan_sha256 == sha256_hex(c.plan_json));
  CHECK_FALSE(c.began);
  CHECK(c.work.application == snowflake{9});
  CHECK_FALSE(c.work.interaction_token.empty());
  get<done>(reconciliations, begin{of(c), soon()});
  get<done>(deployments, note(c, 501));
  CHECK(get<status_of>(reconciliations, status{community, soon()}).resources_done == 1);
  const auto last = get<deployments::conversation>(reconciliations, order_complete(c, {{"role", {502}, {501}}}));
  CHECK(last.interaction_token == "token");
  get<deployments::conversation>(reconciliations, order_complete(c)); // The answer was lost: it stands.
  CHECK(state() == "completed");
  CHECK(shadow() == snowflake{501});
  CHECK(open_jobs() == "0");
  CHECK(owner("select interaction_token is null from reconciliations") == "t");
  CHECK(events() == "RECONCILIATION_REQUESTED RECONCILIATION_COMPLETED CREATED_TWICE");
  CHECK(owner("select payload::text from audit_entries where event = 'CREATED_TWICE'").find("502")
        != std::string::npos);
  CHECK(take(r).work.state == "completed");
}

TEST_CASE_FIXTURE(bench, "reconciliations: the same click asks once; another one, or a deployment under way, says so") {
  const auto first = ask();
  CHECK(ask().repeated);
  CHECK(ask().reconciliation == first.reconciliation);
  CHECK(get<requested>(reconciliations, order("click", "")).repeated);
  CHECK(code<requested>(reconciliations, order("another")) == ec::conflict);
  get<deployments::conversation>(reconciliations, order_complete(take(first)));
  CHECK(code<requested>(reconciliations, order("another", "")) == ec::conflict); // Only asked for an earlier one.
  deploy();
  const auto refused = live.ask<requested>(reconciliations, order("another"));
  CHECK(text_of(refused.error()).find("A deployment is running") != std::string::npos);
  finish(2);
  CHECK(text_of(live.ask<requested>(reconciliations, order("another")).error()).find("Version 2 was deployed since")
        != std::string::npos);
  CHECK(owner("select count(*) from reconciliations") == "1");
}

TEST_CASE_FIXTURE(bench, "reconciliations: the hash must be of the plan, and fields from outside are judged") {
  auto bad = order();
  bad.plan_sha256 = std::string(64, 'a');
  CHECK(code<requested>(reconciliations, bad) == ec::invalid);
  bad = order("");
  CHECK(code<requested>(reconciliations, bad) == ec::invalid);
  bad = order("click", "not JSON");
  CHECK(code<requested>(reconciliations, bad) == ec::invalid);
  owner("update communities set status = 'frozen'");
  CHECK(code<requested>(reconciliations, order()) == ec::frozen);
  CHECK(owner("select count(*) from reconciliations") == "0");
}

TEST_CASE_FIXTURE(
  bench, "reconciliations: a deployment's lease excludes a reconciliation and the reverse; an expired one is stale") {
  const auto r = ask();
  const auto c = take(r);
  deploy();
  const auto busy = live.ask<deployments::claimed>(deployments, order_deployment(2));
  CHECK(code_of(busy.error()) == ec::busy);
  CHECK(text_of(busy.error()).find("a reconciliation of version 1 is under way") != std::string::npos);
  // As a node of before this table does it, past the claim: the trigger refuses.
  CHECK(test::sql_refusal([&] {
          owner("update deployments set state = 'running', run = run + 1, lease_holder = 'old',"
                " lease_until = now() + interval '9 seconds' where version = 2");
        })
        == "55P03: ERROR:  a reconciliation of this community is under way");
  expire_leases();
  const auto taken = get<deployments::claimed>(deployments, order_deployment(2));
  CHECK(taken.run == 1);
  CHECK(code<done>(deployments, note(c, 501)) == ec::stale); // The holder wakes up.
  CHECK(code<deployments::conversation>(reconciliations, order_complete(c)) == ec::stale);
  CHECK(code<claimed>(reconciliations, order_claim(r, "w2")) == ec::busy);
  expire_leases();
  CHECK(take(r, "w2").work.run == c.work.run + 2);
  CHECK(code<deployments::conversation>(deployments,
                                        deployments::renew{{community, taken.deployment, taken.run}, 60s, soon()})
        == ec::stale);
}

TEST_CASE_FIXTURE(bench, "reconciliations: one that died hands its intents and what it made to whoever comes next") {
  const auto r = ask();
  const auto c = take(r);
  const deployments::record_intent intent{of(c), "channel", "ch", "nonce-1", soon(), std::nullopt, {7}};
  CHECK(get<deployments::intent>(deployments, intent).nonce == "nonce-1");
  get<done>(deployments, note(c, 501));
  expire_leases();
  const auto again = take(r, "w2");
  REQUIRE(again.work.open.size() == 1);
  CHECK(again.work.open[0].nonce == "nonce-1");
  REQUIRE(again.work.done.size() == 1);
  CHECK(again.work.done[0].id == snowflake{501});
  get<deployments::conversation>(deployments,
                                 deployments::abandon{of(again), true, "PERMISSION_ERROR", "no right", soon()});
  CHECK(state() == "failed");
  CHECK(open_jobs() == "0");
  CHECK(events() == "RECONCILIATION_REQUESTED RECONCILIATION_FAILED");
  CHECK(shadow() == snowflake{501}); // In the guild, so it is not made twice.
  deploy();
  const auto next = get<deployments::claimed>(deployments, order_deployment(2));
  REQUIRE(next.open.size() == 1);
  CHECK(next.open[0].nonce == "nonce-1");
  get<deployments::conversation>(
    deployments, deployments::complete{{community, next.deployment, next.run}, 2, {entry(503)}, {}, soon(), {}});
  CHECK(shadow() == snowflake{503}); // The applied state is newer.
}

TEST_CASE_FIXTURE(bench, "reconciliations: an outdated plan and a version that was passed over end without a change") {
  const auto r = ask();
  const auto c = take(r);
  get<done>(reconciliations, outdate{of(c), soon()});
  get<done>(reconciliations, outdate{of(c), soon()});
  CHECK(state() == "cancelled");
  CHECK(open_jobs() == "0");
  const auto second = ask("another");
  deploy();
  finish(2);
  CHECK(take(second).work.state == "cancelled");
  CHECK(open_jobs() == "0");
  CHECK(events()
        == "RECONCILIATION_REQUESTED RECONCILIATION_OUTDATED RECONCILIATION_REQUESTED RECONCILIATION_SUPERSEDED");
}

TEST_CASE_FIXTURE(bench, "reconciliations: whoever claims a cancelled one is given what the admin is to be told") {
  const auto first = ask();
  const auto c = take(first);
  get<done>(reconciliations, outdate{of(c), soon()});
  const auto told = take(first, "w2"); // The holder may have died before it informed the admin.
  CHECK(told.work.run == 0);
  CHECK(told.work.error == "The server changed after the plan was shown, so nothing was applied.");
  CHECK(told.work.application == snowflake{9});
  CHECK_FALSE(told.work.interaction_token.empty());
  owner("update reconciliations set token_until = now() - interval '1 second'");
  CHECK(take(first, "w2").work.interaction_token.empty());

  const auto second = ask("second");
  deploy();
  finish(2);
  CHECK(take(second).work.error
        == "Version 2 was deployed before this Apply began, so nothing of its plan was applied.");
  CHECK(get<status_of>(reconciliations, status{community, soon()}).error_text == take(second).work.error);
  owner("update reconciliations set state = 'waiting', began_at = now() where idempotency_key = 'second'");
  CHECK(take(second).work.error.find("the rest of its plan is not applied") != std::string::npos);
}

TEST_CASE_FIXTURE(bench,
                  "reconciliations: an idle one is ended by a request that says so, and no other one is, however old") {
  struct row {
    const char *state, *age;
    bool is_idle;
  };
  const row rows[]{{"pending", "11 minutes", true},  {"pending", "9 minutes", false}, {"running", "11 minutes", true},
                   {"waiting", "69 minutes", false}, {"waiting", "71 minutes", true}, {"completed", "3 days", false}};
  for (const auto& r : rows) {
    CAPTURE(r.state);
    CAPTURE(r.age);
    owner("delete from reconciliations");
    owner("delete from outbox where kind = 'enqueue_job'");
    const auto first = ask(r.state + std::string{r.age});
    const auto c = take(first);
    owner(fmt::format("update reconciliations set state = '{}', lease_holder = null, lease_until = null,"
                      " created_at = now() - interval '{}', updated_at = now() - interval '{}'",
                      r.state, r.age, r.age));
    CHECK(get<status_of>(reconciliations, status{community, soon()}).is_idle == r.is_idle);
    if (std::string_view{r.state} == "completed")
      continue;
    CHECK(code<requested>(reconciliations, order("another", "")) == ec::conflict); // A mere lookup.
    CHECK(code<requested>(reconciliations, order("another")) == ec::conflict);     // The job may still wait.
    auto ending = order("another");
    ending.ends_idle = true;
    const auto next = live.ask<requested>(reconciliations, ending);
    CHECK(static_cast<bool>(next) == r.is_idle);
    if (!r.is_idle) {
      CHECK(code_of(next.error()) == ec::conflict);
      continue;
    }
    CHECK(owner("select state || ' ' || error_code || ' ' || run from reconciliations where id = '"
                + first.reconciliation + "'")
          == fmt::format("failed END_NOT_RECORDED {}", c.work.run + 1));
    CHECK(open_jobs() == "1");
    CHECK(take(first).work.state == "failed");                 // The job comes back.
    CHECK(code<done>(deployments, note(c, 501)) == ec::stale); // The worker wakes up.
    CHECK(take(*next).work.state == "running");
  }
}

TEST_CASE_FIXTURE(bench, "reconciliations: one whose worker renews its lease is not idle, however long it runs") {
  const auto c = take(ask());
  owner("update reconciliations set created_at = now() - interval '3 days', updated_at = now() - interval '2 days'");
  CHECK_FALSE(get<status_of>(reconciliations, status{community, soon()}).is_idle);
  owner("update reconciliations set lease_until = now() - interval '11 minutes'"); // Negative control.
  CHECK(get<status_of>(reconciliations, status{community, soon()}).is_idle);
  CHECK(c.work.run == 1);
}

TEST_CASE_FIXTURE(bench, "reconciliations: the status names its job, and says whether the queue was given it") {
  const auto r = ask();
  auto now = get<status_of>(reconciliations, status{community, soon()});
  CHECK(now.job == r.job);
  CHECK_FALSE(now.is_sent);
  owner("update outbox set sent_at = now() where key = '" + r.job + "'");
  now = get<status_of>(reconciliations, status{community, soon()});
  CHECK(now.is_sent);
}

TEST_CASE_FIXTURE(bench, "reconciliations: given back, it waits; a token whose time is over is erased") {
  const auto r = ask();
  const auto c = take(r);
  get<deployments::conversation>(deployments,
                                 deployments::abandon{of(c), false, "RATE_LIMIT_TIMEOUT", "later", soon()});
  CHECK(state() == "waiting");
  CHECK(open_jobs() == "1");
  get<done>(reconciliations, begin{of(take(r)), soon()});
  CHECK(owner("select began_at is not null from reconciliations") == "t");
  owner("update reconciliations set token_until = now() - interval '1 second'");
  CHECK(owner("select erase_expired_tokens()") == "1");
  CHECK(owner("select interaction_token is null from reconciliations") == "t");
  expire_leases();
  const auto again = take(r, "w2");
  CHECK(again.began);
  CHECK(again.work.interaction_token.empty());
}
