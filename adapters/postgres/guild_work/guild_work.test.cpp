#include "adapters/postgres/guild_work/guild_work.hpp"

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
  /// Takes the guild as `worker`.
  ec take_it(const key& of, const std::string& worker = "w1") {
    const auto done = live.ask<postgres::committed>(
      app, postgres::transaction{"test", mine, soon(), [of, worker](pqxx::transaction_base& tx) {
                                   deployments::claimed claimed;
                                   lock_community(tx, of.community);
                                   take(tx, of, worker, 60s, claimed);
                                 }});
    return done ? ec::none : code_of(done.error());
  }
  std::string row(const key& of) {
    return owner(fmt::format("select state || ' ' || run from {} where id = '{}'", table_of(of.kind), of.id));
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "guild work: whichever kind has the lease, the other waits; one that ran out is stale") {
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
