#include "adapters/postgres/quarantines/quarantines.hpp"

#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/outbox/outbox.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>

namespace {
using namespace arrakis;
using quarantines::entry;

struct bench : test::stores {
  quarantines::handle store = live.keep(quarantines::start(live.sys(), app));
  outbox::handle outbox = live.keep(outbox::start(live.sys(), relay));

  int64_t add(uint64_t guild, const std::string& kind = "community", const std::string& user = {}) {
    const auto key = (user.empty() ? "" : user + ":") + std::to_string(guild);
    quarantines::crash what{kind, key, {guild}, "it threw", "arrakis::community::deploy", "node-1"};
    return get<quarantines::added>(store, quarantines::add{std::move(what), soon()}).id;
  }
  std::vector<entry> open() { return get<quarantines::listed>(store, quarantines::list_open{soon()}).entries; }
  entry release(int64_t id, std::string reason = "mended") {
    return get<entry>(store, quarantines::release{id, "operator", std::move(reason), soon()});
  }
  void owe(const community_id& whom, int count) {
    owner(fmt::format("insert into outbox (community_id, kind, payload, due_at) select '{}', 'store_manifest', "
                      "'{{\"version\":1}}', now() + case n when 1 then interval '0' else interval '1 hour' end"
                      " from generate_series(1, {}) n",
                      whom.value, count));
  }
  size_t due() { return get<outbox::rows>(outbox, outbox::due{100, {{.kind = "store_manifest"}}, soon()}).list.size(); }
};
} // namespace

TEST_CASE("quarantines: a key is quarantined once, with its tenant if it has one, until it is released") {
  bench b;
  const auto mine = b.community(1);
  const auto id = b.add(1);
  CHECK(b.add(1) == id);
  const auto without = b.add(2);
  const auto session = b.add(1, "wizard_session", "77");
  const auto all = b.open();
  REQUIRE(all.size() == 3);
  CHECK(all[0].id == id);
  CHECK(all[0].community == mine);
  CHECK(all[0].kind == "community");
  CHECK(all[0].key == "1");
  CHECK(all[0].error == "it threw");
  CHECK(all[0].message == "arrakis::community::deploy");
  CHECK(all[0].node == "node-1");
  CHECK(all[0].at_ms > 1'700'000'000'000);
  CHECK(all[0].released_at_ms == 0);
  CHECK(all[1].community.value.empty());
  CHECK(all[2].key == "77:1");

  const auto released = b.release(id);
  CHECK(released.released_by == "operator");
  CHECK(released.reason == "mended");
  CHECK(released.released_at_ms >= released.at_ms);
  CHECK(b.open().size() == 2);
  CHECK(b.get<entry>(b.store, quarantines::find{id, b.soon()}).reason == "mended");
  CHECK(b.code<entry>(b.store, quarantines::release{id, "operator", "again", b.soon()}) == ec::conflict);
  CHECK(b.code<entry>(b.store, quarantines::release{999, "operator", "", b.soon()}) == ec::not_found);
  CHECK(b.code<entry>(b.store, quarantines::find{999, b.soon()}) == ec::not_found);
  CHECK(b.add(1) > session); // A further crash.
  b.release(without);
}

TEST_CASE(
  "quarantines: a release stands in the tenant's audit trail, without the user's id, and its reason has a bound") {
  bench b;
  const auto mine = b.community(1);
  const auto id = b.add(1, "wizard_session", "77");
  const std::string longest(quarantines::reason_characters_max, 'x');
  CHECK(b.code<entry>(b.store, quarantines::release{id, "operator", longest + "x", b.soon()}) == ec::invalid);
  CHECK(b.open().size() == 1);
  b.release(id, longest);
  CHECK(b.owner("select event || ' ' || actor || ' ' || target from audit_entries")
        == fmt::format("QUARANTINE_RELEASED operator quarantine:{}", id));
  CHECK(b.owner("select payload->>'kind' from audit_entries") == "wizard_session");
  CHECK(b.owner("select count(*) from audit_entries where payload::text like '%77%'") == "0");
  const auto audit = b.live.keep(audit::start(b.live.sys(), b.app));
  CHECK(b.get<audit::verified>(audit, audit::verify{mine, b.soon()}).whole);
}

TEST_CASE("quarantines: outbox rows of a quarantined tenant wait for the release, and then are due at once; other "
          "tenants' rows continue") {
  bench b;
  const auto mine = b.community(1), theirs = b.community(2);
  b.owe(mine, 3); // One due, two in an hour.
  b.owe(theirs, 1);
  CHECK(b.due() == 2);
  const auto session = b.add(1, "wizard_session", "77");
  CHECK(b.due() == 2); // A session is not the tenant.
  const auto id = b.add(1);
  CHECK(b.due() == 1);
  b.release(id);
  CHECK(b.due() == 4);
  b.release(session);
}

TEST_CASE("quarantines: no job of a quarantined tenant is begun, and after the release it is") {
  bench b;
  const auto mine = b.community(1);
  b.owner(fmt::format("insert into manifests (community_id, version, content, canonical, sha256, signature, signed_at)"
                      " values ('{0}', 1, '{{}}', '{{}}', encode(sha256('{{}}'), 'hex'), 's', 't')",
                      mine.value));
  b.owner(
    fmt::format("insert into deployments (community_id, version, idempotency_key) values ('{}', 1, 'k')", mine.value));
  const auto deployments = b.live.keep(deployments::start(b.live.sys(), b.app));
  const deployments::claim claim{mine, 1, "w", std::chrono::seconds{60}, b.soon()};
  const auto id = b.add(1);
  CHECK(b.code<deployments::claimed>(deployments, claim) == ec::quarantined);
  b.release(id);
  CHECK(b.get<deployments::claimed>(deployments, claim).run == 1);
}

TEST_CASE("quarantines: entries released long ago are deleted, open ones never") {
  bench b;
  const auto old = b.add(1);
  b.release(old);
  const auto kept = b.add(2);
  b.owner("update quarantines set at = now() - interval '1 year', released_at = released_at - interval '91 days'");
  b.add(3);
  CHECK(b.code<entry>(b.store, quarantines::find{old, b.soon()}) == ec::not_found);
  CHECK(b.get<entry>(b.store, quarantines::find{kept, b.soon()}).id == kept);
}
