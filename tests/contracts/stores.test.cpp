// Stores in memory and in PostgreSQL, under the same contracts.
#include "tests/support/stores.hpp"
#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/manifests/manifests.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "tests/contracts/audit.hpp"
#include "tests/contracts/drafts.hpp"
#include "tests/contracts/outbox.hpp"
#include "tests/contracts/submissions.hpp"
#include "tests/support/fakes/drafts.hpp"
#include "tests/support/fakes/postgres.hpp"

#include <fmt/format.h>

using namespace arrakis;

namespace {
/// The tables in memory, with communities of guilds 1 and 2.
struct tables {
  test::fake_postgres all; // Before the actors that use it.
  test::live_system live{1};
  tables() {
    for (uint64_t guild : {1, 2}) {
      const community_id id{fmt::format("6ba7b810-9dad-11d1-80b4-{:012}", guild)};
      all.tenants[id.value].row = {id, "Tabr", "basic", {guild}, "active", 0, 0};
    }
  }
  community_id of(uint64_t guild) { return all.by_guild({guild})->row.id; }
};
} // namespace

TEST_CASE("the outbox in memory keeps the contract of the outbox") {
  tables t;
  contracts::outbox([&] {
    return contracts::outbox_bench{t.live.sys(), t.live.keep(t.all.outbox_port(t.live.sys())),
                                   [&](int tenant, int count, const std::string& kind) {
                                     for (int i = 0; i < count; ++i)
                                       t.all.rows.push_back({.row = {.id = static_cast<int64_t>(t.all.rows.size()) + 1,
                                                                     .community = t.of(static_cast<uint64_t>(tenant)),
                                                                     .kind = kind,
                                                                     .payload_json = R"({"version":1})"}});
                                   }};
  });
}

TEST_CASE("the outbox in PostgreSQL keeps the contract of the outbox") {
  test::stores db;
  const std::map<int, community_id> tenants{{1, db.community(1)}, {2, db.community(2)}};
  contracts::outbox([&] {
    return contracts::outbox_bench{
      db.live.sys(), db.live.keep(outbox::start(db.live.sys(), db.relay)),
      [&](int tenant, int count, const std::string& kind) {
        db.owner(fmt::format("insert into outbox (community_id, kind, payload) select '{}', '{}', "
                             "'{{\"version\":1}}' from generate_series(1, {})",
                             tenants.at(tenant).value, kind, count));
      }};
  });
}

TEST_CASE("the audit trail in memory keeps the contract of the audit trail") {
  tables t;
  contracts::audit(t.live.sys(), t.live.keep(t.all.audit_port(t.live.sys())), t.of(1), t.of(2));
}

TEST_CASE("the audit trail in PostgreSQL keeps the contract of the audit trail") {
  test::stores db;
  contracts::audit(db.live.sys(), db.live.keep(audit::start(db.live.sys(), db.app)), db.community(1), db.community(2));
}

TEST_CASE("the deployments in memory keep the contract of submit") {
  tables t;
  auto& sys = t.live.sys();
  contracts::submissions(sys, t.live.keep(t.all.deployments_port(sys)), t.live.keep(t.all.communities_port(sys)),
                         t.live.keep(t.all.manifests_port(sys)), 100);
}

TEST_CASE("the deployments in PostgreSQL keep the contract of submit") {
  test::stores db;
  auto& sys = db.live.sys();
  contracts::submissions(sys, db.live.keep(deployments::start(sys, db.app)),
                         db.live.keep(communities::start(sys, db.app)), db.live.keep(manifests::start(sys, db.app)),
                         100);
}

TEST_CASE("drafts in memory keep the contract of the store of drafts") {
  test::fake_drafts all; // Before the actors that use it.
  test::live_system live{1};
  contracts::drafts(live.sys(), live.keep(all.port(live.sys())), [&](std::chrono::seconds by) {
    for (auto& [key, row] : all.rows)
      row.what.stored_at_ms -= std::chrono::milliseconds{by}.count();
  });
}
