#include "adapters/postgres/guild_work/guild_work.hpp"

#include "adapters/postgres/sql.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>
#include <thread>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using namespace postgres::guild_work;

/// A community with version 1, a deployment of it and a reconciliation.
struct fixture : test::stores {
  community_id mine = community(1);
  key deployment{mine, {}, 0, work::deployment}, reconciliation{mine, {}, 0, work::reconciliation};
  fixture() {
    owner(fmt::format("insert into manifests (community_id, version, content, canonical, sha256, signature, signed_at)"
                      " values ('{}', 1, '{{}}', '{{}}', '{}', 's', 'now')",
                      mine.value, sha256_hex("{}")));
    deployment.id = owner(fmt::format("insert into deployments (community_id, version, idempotency_key)"
                                      " values ('{}', 1, 'k') returning id",
                                      mine.value));
    reconciliation.id = owner(fmt::format("insert into reconciliations (community_id, version, idempotency_key, plan,"
                                          " plan_sha256) values ('{}', 1, 'k', '{{}}', '{}') returning id",
                                          mine.value, sha256_hex("{}")));
  }
  static void take_in(pqxx::transaction_base& tx, const key& of, const std::string& worker = "w2") {
    deployments::claimed claimed;
    lock_community(tx, of.community);
    take(tx, of, worker, 60s, claimed);
  }
  /// Takes the guild as `worker`.
  ec take_it(const key& of, const std::string& worker = "w1") {
    const auto done = live.ask<postgres::committed>(
      app, postgres::transaction{"test", mine, soon(),
                                 [of, worker](pqxx::transaction_base& tx) { take_in(tx, of, worker); }});
    return done ? ec::none : code_of(done.error());
  }
  std::string row(const key& of) {
    return owner(fmt::format("select state || ' ' || run from {} where id = '{}'", table_of(of.kind), of.id));
  }
  void expire(const key& of) {
    owner(fmt::format("update {} set lease_until = now() - interval '1 second' where lease_holder is not null",
                      table_of(of.kind)));
  }
  /// Until another connection waits for a row that a transaction has changed.
  void wait_for_lock() {
    const auto until = soon();
    while (owner("select count(*) from pg_locks where not granted") == "0") {
      if (until.passed(std::chrono::steady_clock::now()))
        return;
      std::this_thread::yield();
    }
  }
};

/// A second connection, in the middle of its transaction.
struct open_transaction {
  explicit open_transaction(const fixture& f) : db{f.server.dsn()}, tx{db}, mine{f.mine} { postgres::act_as(tx, mine); }
  /// How many rows it renewed: as deployments::renew.
  size_t renew(const key& of, const std::string& run) {
    return tx
      .exec_params(fmt::format("update {} set lease_until = clock_timestamp() + interval '60 seconds'"
                               " where community_id = $1 and id = $2 and run = $3 and lease_holder is not null",
                               table_of(of.kind)),
                   mine.value, of.id, run)
      .affected_rows();
  }
  pqxx::connection db;
  pqxx::work tx;
  community_id mine;
};
} // namespace

TEST_CASE_FIXTURE(
  fixture, "guild work: a deployment's lease excludes a reconciliation and the reverse; an expired lease is stale") {
  CHECK(take_it(deployment) == ec::none);
  CHECK(take_it(reconciliation) == ec::busy);
  CHECK(row(deployment) == "running 1");
  owner("update deployments set lease_until = now() - interval '1 second'");
  CHECK(take_it(reconciliation) == ec::none);
  CHECK(row(deployment) == "waiting 2");
  CHECK(row(reconciliation) == "running 1");
  CHECK(take_it(deployment) == ec::busy);
  owner("update reconciliations set lease_until = now() - interval '1 second'");
  CHECK(take_it(deployment) == ec::none);
  CHECK(row(reconciliation) == "waiting 2");
}

TEST_CASE_FIXTURE(fixture, "guild work: of two who take the guild at once one has it") {
  std::vector<ec> got(2);
  std::thread other{[&] { got[0] = take_it(deployment); }};
  got[1] = take_it(reconciliation, "w2");
  other.join();
  CHECK(std::count(got.begin(), got.end(), ec::none) == 1);
  CHECK(std::count(got.begin(), got.end(), ec::busy) == 1);
}

TEST_CASE_FIXTURE(fixture, "guild work: a renewal under way while another takes the guild counts whole or not at all") {
  for (const auto& [holder, other] : {std::pair{deployment, reconciliation}, std::pair{reconciliation, deployment}}) {
    INFO(table_of(holder.kind));
    REQUIRE(take_it(holder) == ec::none);
    const auto before = row(holder);
    const auto run = before.substr(before.find(' ') + 1);
    expire(holder);
    {
      open_transaction renewal{*this}; // The lease expired; its holder renews late, before another claim.
      CHECK(renewal.renew(holder, run) == 1);
      ec got = ec::none;
      std::thread taking{[&, &to = other] { got = take_it(to, "w2"); }};
      wait_for_lock();
      renewal.tx.commit();
      taking.join();
      CHECK(got == ec::busy);
      CHECK(row(holder) == before);
    }
    expire(holder);
    {
      open_transaction taker{*this}; // The other way round: the row is ended, and the renewal finds that.
      take_in(taker.tx, other);
      size_t renewed = 1;
      std::thread renewing{[&, &of = holder] { renewed = open_transaction{*this}.renew(of, run); }};
      wait_for_lock();
      taker.tx.commit();
      renewing.join();
      CHECK(renewed == 0);
      CHECK(row(holder) == "waiting " + std::to_string(std::stoi(run) + 1));
    }
    expire(other);
  }
}

TEST_CASE_FIXTURE(fixture, "guild work: negative control: an end that does not ask for the expiry undoes a renewal") {
  REQUIRE(take_it(deployment) == ec::none);
  expire(deployment);
  open_transaction renewal{*this};
  CHECK(renewal.renew(deployment, "1") == 1);
  size_t ended = 0;
  std::thread ending{[&] {
    open_transaction other{*this};
    CHECK(other.tx.exec("select from deployments where lease_until > clock_timestamp()").empty()); // Not busy.
    ended = other.tx
              .exec("update deployments set state = 'waiting', run = run + 1, lease_holder = null, lease_until = null"
                    " where lease_holder is not null")
              .affected_rows();
    other.tx.commit();
  }};
  wait_for_lock();
  renewal.tx.commit();
  ending.join();
  CHECK(ended == 1);
  CHECK(row(deployment) == "waiting 2"); // And its holder was told that it has the lease for another minute.
}
