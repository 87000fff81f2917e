#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/manifests/manifests.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/fakes/submission.hpp"
#include "tests/support/stores.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <thread>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using namespace deployments;

constexpr int64_t minutes_15 = 900'000;

struct bench : test::stores {
  deployments::handle deployments = live.keep(deployments::start(live.sys(), app));
  communities::handle communities = live.keep(communities::start(live.sys(), app));
  manifests::handle manifests = live.keep(manifests::start(live.sys(), app));
  outbox::handle outbox = live.keep(outbox::start(live.sys(), relay));
  audit::handle audit = live.keep(audit::start(live.sys(), app));

  prepared prepare(uint64_t guild) { return get<prepared>(deployments, deployments::prepare{{guild}, soon()}); }
  submit order(const prepared& p, uint64_t guild, std::string key) {
    return test::submission(p, {guild}, std::move(key), soon());
  }
  submitted deploy(uint64_t guild, std::string key = "click-1") {
    return get<submitted>(deployments, order(prepare(guild), guild, std::move(key)));
  }
  claim order_claim(const submitted& s, std::string worker = "w1", std::chrono::milliseconds lease = 60s) {
    return {s.community, s.version, std::move(worker), lease, soon()};
  }
  claimed take(const submitted& s, std::string worker = "w1", std::chrono::milliseconds lease = 60s) {
    return get<claimed>(deployments, order_claim(s, std::move(worker), lease));
  }
  key of(const submitted& s, const claimed& c) { return {s.community, s.deployment, c.run}; }
  void note(const key& k, const std::string& resource, uint64_t id, const std::string& kind = "role") {
    get<done>(deployments, checkpoint{k, {kind, resource, {id}, R"({"name":"Naib"})"}, soon()});
  }
  complete order_complete(const key& k, int64_t version) {
    return {k, version, {{"role", "role-naib", {500}, R"({"name":"Naib","color":7})"}}, {"old-channel"}, soon()};
  }
  void finish(const submitted& s) {
    const auto c = take(s);
    get<conversation>(deployments, order_complete(of(s, c), s.version));
  }
  status_of look(const submitted& s) { return get<status_of>(deployments, status{s.community, s.version, soon()}); }
  void expire_leases() {
    owner("update deployments set lease_until = now() - interval '1 second' where lease_holder is not null");
  }
  int64_t open_jobs() {
    return std::stoll(owner("select count(*) from outbox where kind = 'enqueue_job' and closed_at is null"));
  }
};
} // namespace

TEST_CASE("deployments: a new guild is prepared with an id that nothing stores") {
  bench b;
  const auto p = b.prepare(1);
  CHECK(!p.exists);
  CHECK(p.next_version == 1);
  CHECK(p.previous_sha256.empty());
  CHECK(parse_community_id(p.community.value));
  CHECK(b.prepare(1).community != p.community);
  CHECK(b.owner("select count(*) from communities") == "0");
}

TEST_CASE("deployments: one submit writes community, profile, manifest, deployment, outbox and audit") {
  bench b;
  const auto s = b.deploy(1);
  CHECK(s.version == 1);
  CHECK(s.job == "synth-" + s.deployment);
  CHECK(!s.repeated);
  CHECK(b.owner("select name from communities") == "Sietch Tabr");
  CHECK(b.owner("select discord_id from profiles") == "4711");
  CHECK(b.get<manifests::record>(b.manifests, manifests::load{s.community, 1, b.soon()}).canonical
        == R"({"version":1})");
  const auto owed = b.get<outbox::rows>(
                       b.outbox, outbox::due{.shares = {{.kind = "store_manifest"},
                                                        {.kind = "enqueue_job", .job_kind = "SYNTHESIZE_COMMUNITY"}},
                                             .until = b.soon()})
                      .list;
  REQUIRE(owed.size() == 2);
  CHECK(owed[0].kind == "store_manifest");
  CHECK(owed[0].payload_json == R"({"version":1})");
  CHECK(owed[1].kind == "enqueue_job");
  CHECK(owed[1].payload_json
        == fmt::format(
          R"({{"id":"{}","name":"SYNTHESIZE_COMMUNITY","data":{{"communityId":"{}","version":1,"deployment":"{}"}}}})",
          s.job, s.community.value, s.deployment));
  CHECK(
    b.owner("select actor = (select id::text from profiles) from audit_entries where event = 'DEPLOYMENT_SUBMITTED'")
    == "t");
  CHECK(b.owner("select count(*) from audit_entries where payload::text like '%4711%' or actor = '4711'") == "0");
  CHECK(b.look(s).state == "pending");
  const auto next = b.prepare(1);
  CHECK(next.exists);
  CHECK(next.community == s.community);
  CHECK(next.next_version == 2);
  CHECK(next.previous_sha256 == sha256_hex(R"({"version":1})"));
}

TEST_CASE("deployments: the same key answers with the first result, also under another fresh id") {
  bench b;
  const auto twice = b.prepare(1);
  const auto first = b.deploy(1, "click");
  auto again = b.get<submitted>(b.deployments, b.order({first.community, true, "active", 1, {}}, 1, "click"));
  CHECK(again.repeated);
  CHECK(again.deployment == first.deployment);
  again = b.get<submitted>(b.deployments, b.order(twice, 1, "click"));
  CHECK(again.repeated);
  CHECK(again.community == first.community);
  CHECK(b.code<submitted>(b.deployments, b.order(twice, 1, "another click")) == ec::conflict);
  CHECK(b.owner("select count(*) from deployments") == "1");
}

TEST_CASE("deployments: of two edits of the same base version the second one is stale, unless the first one's "
          "deployment failed") {
  bench b;
  b.finish(b.deploy(1));
  const auto order = [&](const char* key, int64_t base) {
    auto x = b.order(b.prepare(1), 1, key);
    x.base_version = base;
    return x;
  };
  const auto first = order("first", 1);
  const auto second = b.get<submitted>(b.deployments, first);
  CHECK(b.code<submitted>(b.deployments, order("second", 1))
        == ec::stale); // Although version 1 is still the active one.
  CHECK(b.get<submitted>(b.deployments, first).repeated);
  const auto c = b.take(second);
  b.get<conversation>(b.deployments, abandon{b.of(second, c), true, "PERMISSION_ERROR", "why", b.soon()});
  CHECK(b.code<submitted>(b.deployments, order("third", 0)) == ec::stale);
  CHECK(b.get<submitted>(b.deployments, order("third", 1)).version == 3);
}

TEST_CASE("deployments: of concurrent submits one creates the version; the same idempotency key gets it, other keys a "
          "conflict") {
  bench b;
  for (const bool same_key : {true, false}) {
    CAPTURE(same_key);
    const uint64_t guild = same_key ? 1 : 2;
    std::atomic<int> first{0}, repeated{0}, conflicts{0}, other{0};
    std::vector<std::thread> clicks;
    for (int i = 0; i < 8; ++i)
      clicks.emplace_back([&, i] {
        const auto r = b.live.ask<submitted>(b.deployments,
                                             b.order(b.prepare(guild), guild, same_key ? "k" : fmt::format("k{}", i)));
        if (r)
          ++(r->repeated ? repeated : first);
        else
          ++(code_of(r.error()) == ec::conflict ? conflicts : other);
      });
    for (auto& c : clicks)
      c.join();
    CHECK(other == 0);
    if (same_key) {
      CHECK(first == 1);
      CHECK(repeated == 7);
    } else {
      // A client that prepared after the first commit may have the next version; no version exists twice.
      CHECK(first >= 1);
      CHECK(first + conflicts == 8);
    }
    CHECK(b.owner(fmt::format("select count(*) from communities where discord_guild_id = {}", guild)) == "1");
  }
  CHECK(b.owner("select count(*) = count(distinct (community_id, version)) from manifests") == "t");
}

TEST_CASE("deployments: a version that does not follow, a frozen community and a foreign guild are refused, and "
          "nothing stays") {
  bench b;
  const auto s = b.deploy(1);
  auto next = b.prepare(1);
  auto skipped = next;
  ++skipped.next_version;
  CHECK(b.code<submitted>(b.deployments, b.order(skipped, 1, "a")) == ec::conflict);
  auto other_past = next;
  other_past.previous_sha256 = std::string(64, '0');
  CHECK(b.code<submitted>(b.deployments, b.order(other_past, 1, "a")) == ec::conflict);
  CHECK(b.code<submitted>(b.deployments, b.order(next, 2, "a")) == ec::conflict);
  auto forged = b.order(next, 1, "a");
  forged.manifest.sha256 = std::string(64, '0');
  CHECK(b.code<submitted>(b.deployments, forged) == ec::invalid);
  auto cut = b.order(next, 1, "a");
  cut.community_name = std::string("Sietch\0Tabr", 11);
  CHECK(b.code<submitted>(b.deployments, cut) == ec::invalid);
  b.get<communities::record>(b.communities, communities::set_status{s.community, "frozen", "s", "r", b.soon()});
  CHECK(b.code<submitted>(b.deployments, b.order(next, 1, "a")) == ec::frozen);
  CHECK(b.owner("select count(*) from manifests") == "1");
  CHECK(b.owner("select count(*) from outbox") == "2");
}

TEST_CASE("deployments: a deactivated community comes back with its next version and a new fence") {
  bench b;
  const auto s = b.deploy(1);
  b.get<communities::record>(b.communities, communities::set_status{s.community, "deactivated", "s", "r", b.soon()});
  b.deploy(1, "again");
  const auto c = b.get<communities::record>(b.communities, communities::load{s.community, b.soon()});
  CHECK(c.status == "active");
  CHECK(c.fence == 2);
}

TEST_CASE("deployments: a lease has one holder, and each claim raises the run") {
  bench b;
  const auto s = b.deploy(1);
  const auto first = b.take(s);
  CHECK(first.state == "running");
  CHECK(first.run == 1);
  CHECK(first.guild == snowflake{1});
  CHECK(first.application == snowflake{1574675491988701185});
  CHECK(first.interaction_token == "token");
  CHECK(b.code<claimed>(b.deployments, b.order_claim(s, "w2")) == ec::busy);
  CHECK(b.take(s).run == 2); // The same worker, started again.
  b.expire_leases();
  CHECK(b.take(s, "w2").run == 3);
  const auto old = b.of(s, first);
  CHECK(b.code<conversation>(b.deployments, renew{old, 8s, b.soon()}) == ec::stale);
  CHECK(b.code<intent>(b.deployments, record_intent{old, "role", "r", "n", b.soon()}) == ec::stale);
  CHECK(b.code<done>(b.deployments, checkpoint{old, {"role", "r", {5}, "{}"}, b.soon()}) == ec::stale);
  CHECK(b.code<conversation>(b.deployments, b.order_complete(old, 1)) == ec::stale);
  CHECK(b.code<conversation>(b.deployments, abandon{old, true, "UNKNOWN_ERROR", "x", b.soon()}) == ec::stale);
  CHECK(b.look(s).state == "running");
  CHECK(b.code<claimed>(b.deployments, claim{s.community, 9, "w", 8s, b.soon()}) == ec::not_found);
}

TEST_CASE("deployments: of many claims at once one gets the lease") {
  bench b;
  const auto s = b.deploy(1);
  std::atomic<int> got{0}, busy{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i)
    workers.emplace_back([&, i] {
      const auto r = b.live.ask<claimed>(b.deployments, b.order_claim(s, fmt::format("w{}", i)));
      ++(r ? got : busy);
    });
  for (auto& w : workers)
    w.join();
  CHECK(got == 1);
  CHECK(busy == 7);
}

TEST_CASE(
  "deployments: a renewed lease stays valid, and an expired one can be renewed until another worker has claimed it") {
  bench b;
  const auto s = b.deploy(1);
  const auto c = b.take(s);
  b.expire_leases();
  b.get<conversation>(b.deployments, renew{b.of(s, c), 60s, b.soon()});
  CHECK(b.code<claimed>(b.deployments, b.order_claim(s, "w2")) == ec::busy);
  CHECK(b.code<conversation>(b.deployments, renew{{s.community, random_uuid(), 1}, 8s, b.soon()}) == ec::not_found);
}

TEST_CASE("deployments: a frozen community gives no lease and its row is untouched; after the thaw it does, with the "
          "new fence") {
  bench b;
  const auto s = b.deploy(1);
  b.get<communities::record>(b.communities, communities::set_status{s.community, "frozen", "s", "r", b.soon()});
  CHECK(b.code<claimed>(b.deployments, b.order_claim(s)) == ec::frozen);
  CHECK(b.owner("select run from deployments") == "0");
  CHECK(b.look(s).state == "pending");
  b.get<communities::record>(b.communities, communities::set_status{s.community, "active", "s", "r", b.soon()});
  CHECK(b.take(s).fence == 2);
}

TEST_CASE("deployments: no intent is kept for a frozen community, nor for work that began before the freeze") {
  bench b;
  const auto s = b.deploy(1);
  const auto c = b.take(s);
  const auto intend = [&](int64_t fence) {
    return b.code<intent>(b.deployments, record_intent{b.of(s, c), "role", "r", "n", b.soon(), fence});
  };
  const auto set = [&](const char* status) {
    return b.get<communities::record>(b.communities, communities::set_status{s.community, status, "s", "r", b.soon()});
  };
  set("frozen");
  CHECK(intend(c.fence) == ec::frozen);
  CHECK(b.owner("select count(*) from deployment_intents") == "0");
  const auto thawed = set("active");
  CHECK(intend(c.fence) == ec::frozen);
  b.get<intent>(b.deployments, record_intent{b.of(s, c), "role", "r", "n", b.soon(), thawed.fence});
}

TEST_CASE("deployments: an intent without a checkpoint is given to the next run, with its first nonce") {
  bench b;
  const auto s = b.deploy(1);
  const auto first = b.take(s);
  const auto k = b.of(s, first);
  const auto kept = [&](const char* nonce, snowflake newest) {
    return b.get<intent>(b.deployments, record_intent{k, "role", "role-naib", nonce, b.soon(), {}, newest});
  };
  CHECK(kept("nonce-1", {77}).newest_seen == snowflake{77});
  CHECK(kept("nonce-2", {78}).nonce == "nonce-1");
  CHECK(kept("nonce-2", {78}).newest_seen == snowflake{77}); // The first attempt may have made it since.
  b.get<intent>(b.deployments, record_intent{k, "channel", "hall", "nonce-3", b.soon()});
  b.note(k, "role-naib", 500);
  b.note(k, "role-naib", 500); // The answer was lost, and it is said again.
  b.expire_leases();
  const auto second = b.take(s, "w2");
  REQUIRE(second.done.size() == 1);
  CHECK(second.done[0].id == snowflake{500});
  CHECK(second.done[0].fields_json == R"({"name":"Naib"})");
  REQUIRE(second.open.size() == 1);
  CHECK(second.open[0].nonce == "nonce-3");
  CHECK(second.open[0].newest_seen == snowflake{}); // As those that an earlier version of ours left.
  CHECK(b.look(s).resources_done == 1);
}

TEST_CASE("deployments: completion writes the shadow, activates the version, closes the job and is audited, once") {
  bench b;
  const auto s = b.deploy(1);
  const auto c = b.take(s);
  const auto k = b.of(s, c);
  b.get<intent>(b.deployments, record_intent{k, "role", "role-naib", "n", b.soon()});
  CHECK(b.code<conversation>(b.deployments, b.order_complete(k, 2)) == ec::invalid);
  b.get<conversation>(b.deployments, b.order_complete(k, 1));
  b.get<conversation>(b.deployments, b.order_complete(k, 1)); // The answer was lost, and it is said again.
  const auto shadow = b.get<manifests::shadow>(b.manifests, manifests::load_shadow{s.community, b.soon()});
  CHECK(shadow.version == 1);
  CHECK(shadow.status == "applied");
  REQUIRE(shadow.entries.size() == 1);
  CHECK(shadow.entries[0].id == snowflake{500});
  CHECK(shadow.entries[0].fields_json == R"({"name":"Naib","color":7})");
  CHECK(b.get<manifests::record>(b.manifests, manifests::load{s.community, 0, b.soon()}).version == 1);
  const auto state = b.look(s);
  CHECK(state.state == "completed");
  CHECK(state.left_over == std::vector<std::string>{"old-channel"});
  CHECK(b.open_jobs() == 0);
  CHECK(b.owner("select count(*) from outbox where closed_at is null") == "1"); // The object is the relay's to close.
  CHECK(b.owner("select count(*) from audit_entries where event = 'DEPLOYMENT_COMPLETED'") == "1");
  CHECK(b.get<audit::verified>(b.audit, audit::verify{s.community, b.soon()}).whole);
  CHECK(b.take(s).state == "completed");
  CHECK(b.take(s).run == 0);
  CHECK(b.code<conversation>(b.deployments, renew{k, 8s, b.soon()}) == ec::stale);
}

TEST_CASE("deployments: the next version replaces the active one and the shadow") {
  bench b;
  b.finish(b.deploy(1, "a"));
  const auto s = b.deploy(1, "b");
  b.finish(s);
  CHECK(b.owner("select count(*) from manifests where is_active") == "1");
  CHECK(b.owner("select string_agg(status, ',' order by manifest_version) from shadow_states") == "superseded,applied");
  CHECK(b.get<manifests::record>(b.manifests, manifests::load{s.community, 0, b.soon()}).version == 2);
}

TEST_CASE("deployments: two versions of a community never work at the same time, and a passed one is cancelled") {
  bench b;
  const auto one = b.deploy(1, "a"), two = b.deploy(1, "b");
  const auto working = b.take(one);
  CHECK(b.code<claimed>(b.deployments, b.order_claim(two, "w2")) == ec::busy);
  b.get<intent>(b.deployments, record_intent{b.of(one, working), "role", "role-fedaykin", "n-1", b.soon()});
  b.note(b.of(one, working), "role-naib", 500);
  b.expire_leases();
  const auto newer = b.take(two, "w2");
  // The old holder wakes up.
  CHECK(b.code<conversation>(b.deployments, renew{b.of(one, working), 8s, b.soon()}) == ec::stale);
  // The new holder knows the checkpoints and the open intents of the old one.
  REQUIRE(newer.open.size() == 1);
  CHECK(newer.open[0].nonce == "n-1");
  const auto shadow = b.get<manifests::shadow>(b.manifests, manifests::load_shadow{one.community, b.soon()});
  CHECK(shadow.version == 0);
  CHECK(shadow.status == "partial");
  REQUIRE(shadow.entries.size() == 1);
  CHECK(shadow.entries[0].id == snowflake{500});
  b.get<conversation>(b.deployments, b.order_complete(b.of(two, newer), 2));
  CHECK(b.take(one).state == "cancelled");
  CHECK(b.open_jobs() == 0);
}

TEST_CASE("deployments: the shadow state keeps what was applied, and gains what an unfinished version created") {
  bench b;
  b.finish(b.deploy(1, "a")); // role-naib is 500.
  const auto two = b.deploy(1, "b");
  const auto c = b.take(two);
  b.note(b.of(two, c), "role-naib", 500);
  const auto shadow = [&] {
    return b.get<manifests::shadow>(b.manifests, manifests::load_shadow{two.community, b.soon()});
  };
  CHECK(shadow().status == "applied");
  CHECK(shadow().entries.at(0).fields_json == R"({"name":"Naib","color":7})");
  b.note(b.of(two, c), "role-new", 600);
  CHECK(shadow().status == "partial");
  CHECK(shadow().entries.size() == 2);
  b.note(b.of(two, c), "role-naib", 501); // The role was deleted and created again.
  CHECK(shadow().entries.at(0).id == snowflake{501});
  CHECK(shadow().version == 1);
}

TEST_CASE("deployments: an attempt that gives up leaves the rest to the next one; a final failure ends the job") {
  bench b;
  const auto s = b.deploy(1);
  auto c = b.take(s);
  const abandon pause{b.of(s, c), false, "UNKNOWN_ERROR", "502 from Discord", b.soon()};
  b.get<conversation>(b.deployments, pause);
  b.get<conversation>(b.deployments, pause);
  CHECK(b.look(s).state == "waiting");
  CHECK(b.open_jobs() == 1);
  c = b.take(s, "w2");
  CHECK(c.interaction_token == "token");
  b.note(b.of(s, c), "role-naib", 500);
  b.get<conversation>(b.deployments,
                      abandon{b.of(s, c), true, "PERMISSION_ERROR", "the bot's role is too low", b.soon()});
  const auto state = b.look(s);
  CHECK(state.state == "failed");
  CHECK(state.error_code == "PERMISSION_ERROR");
  CHECK(b.open_jobs() == 0);
  CHECK(b.take(s).error == "the bot's role is too low");
  CHECK(b.owner("select count(*) from deployments where interaction_token is not null") == "0");
  CHECK(b.owner("select count(*) from audit_entries where event = 'DEPLOYMENT_FAILED'") == "1");
}

TEST_CASE("deployments: Retry makes a failed one pending under a new job, with its checkpoints") {
  bench b;
  const auto s = b.deploy(1);
  const auto again = [&](int64_t version = 1) {
    return retry{s.community, version, "subject-1", {98}, secret{"token-2"}, std::chrono::milliseconds{minutes_15},
                 b.soon()};
  };
  CHECK(b.code<submitted>(b.deployments, again()) == ec::conflict);
  b.owner("update outbox set created_at = created_at - interval '3 days'");
  auto c = b.take(s);
  CHECK(c.owed_for >= 72h);
  b.note(b.of(s, c), "role-naib", 500);
  b.get<conversation>(b.deployments, abandon{b.of(s, c), true, "PERMISSION_ERROR", "x", b.soon()});
  CHECK(b.code<submitted>(b.deployments, again(7)) == ec::not_found);
  const auto r = b.get<submitted>(b.deployments, again());
  CHECK(r.job == "synth-" + s.deployment + "-1");
  CHECK(r.deployment == s.deployment);
  CHECK(b.open_jobs() == 1);
  CHECK(b.code<submitted>(b.deployments, again()) == ec::conflict);
  c = b.take(s);
  CHECK(c.done.size() == 1);
  CHECK(c.owed_for < 72h); // Since the retry.
  CHECK(c.application == snowflake{98});
  CHECK(c.interaction_token == "token-2");
  CHECK(b.get<conversation>(b.deployments, b.order_complete(b.of(s, c), 1)).interaction_token == "token-2");
  CHECK(b.code<submitted>(b.deployments, again(0)) == ec::refused);
}

TEST_CASE("deployments: an interaction token is given only in its time, and then erased") {
  bench b;
  const auto s = b.deploy(1);
  b.owner("update deployments set token_until = now() - interval '1 second'");
  b.owner("set role arrakis_app; select erase_expired_tokens()");
  CHECK(b.owner("select count(*) from deployments where interaction_token is not null") == "0");
  CHECK(b.take(s).interaction_token.empty());
  const auto other = b.deploy(2);
  b.owner("set role arrakis_app; select erase_expired_tokens()");
  CHECK(b.take(other).interaction_token == "token");
}

TEST_CASE("deployments: status is of the newest version when none is named") {
  bench b;
  const auto one = b.deploy(1, "a");
  b.deploy(1, "b");
  CHECK(b.get<status_of>(b.deployments, status{one.community, 0, b.soon()}).version == 2);
  CHECK(b.look(one).version == 1);
  CHECK(b.look(one).updated_at.size() == 24);
  CHECK(b.code<status_of>(b.deployments, status{{random_uuid()}, 0, b.soon()}) == ec::not_found);
}

TEST_CASE(
  "deployments: submits through a killed server are there whole or not at all, and the same key finds the truth") {
  bench b;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> guild{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> admins;
  std::vector<std::vector<submit>> open(4);
  for (auto& mine : open)
    admins.emplace_back([&] {
      while (!stop) {
        const auto g = ++guild;
        const auto p = b.live.ask<prepared>(b.deployments, prepare{{g}, b.soon()});
        if (!p)
          continue;
        auto order = b.order(*p, g, fmt::format("k{}", g));
        if (!b.live.ask<submitted>(b.deployments, order)) {
          ++failed;
          mine.push_back(std::move(order));
        }
      }
    });
  while (guild < 50)
    std::this_thread::yield();
  b.server.kill();
  while (failed == 0)
    std::this_thread::yield();
  stop = true;
  for (auto& a : admins)
    a.join();
  b.server.start();
  for (auto& mine : open)
    for (auto& order : mine) {
      caf::expected<submitted> r{ec::unavailable};
      do {
        order.until = b.soon();
        r = b.live.ask<submitted>(b.deployments, order);
      } while (!r && (code_of(r.error()) == ec::unavailable || code_of(r.error()) == ec::unknown));
      CHECK(r);
    }
  CHECK(
    b.owner(
      "select count(*) from communities c where 1 <> (select count(*) from deployments d where d.community_id = c.id)"
      " or 2 <> (select count(*) from outbox o where o.community_id = c.id)"
      " or 1 <> (select count(*) from audit_entries a where a.community_id = c.id)")
    == "0");
}
