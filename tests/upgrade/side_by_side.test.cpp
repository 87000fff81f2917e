// Nodes of an earlier commit beside today's, on one PostgreSQL that today's build has migrated.
#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/guild_work/guild_work.hpp"
#include "adapters/postgres/sql.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/source_file.hpp"
#include "tests/support/stores.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using strings = std::vector<std::string>;

/// One a line, without comments.
strings statements_of(const std::string& commit) {
  std::stringstream file{test::content(test::source_file("tests/upgrade/statements/" + commit + ".sql"))};
  strings all;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && !line.starts_with("--"))
      all.push_back(line);
  return all;
}

/// "(null, null)" where $2 is the highest parameter. No statement has more than nine.
std::string nulls_for(const std::string& statement) {
  char highest = '0';
  for (size_t at = statement.find('$'); at != std::string::npos; at = statement.find('$', at + 1))
    highest = std::max(highest, statement[at + 1]);
  std::string list;
  for (char n = '1'; n <= highest; ++n)
    list += n == '1' ? "null" : ", null";
  return list.empty() ? "" : "(" + list + ")";
}

/// Why PostgreSQL would not carry it out: a table, column or function is gone, or the role lost its right. Plans it and
/// runs nothing.
std::string refusal(pqxx::work& tx, const std::string& statement, size_t number) {
  const auto name = "statement_" + std::to_string(number); // The prepared statement outlives the subtransaction.
  pqxx::subtransaction one{tx};
  try {
    one.exec("prepare " + name + " as " + statement);
    one.exec("explain execute " + name + nulls_for(statement));
    return {};
  } catch (const pqxx::sql_error& e) {
    return fmt::format("{}\n  {}", e.what(), statement);
  }
}

/// As the role that a node uses: of the relay's statements some are not the application's.
strings refusals(pqxx::connection& app, pqxx::connection& relay) {
  pqxx::work as_app{app}, as_relay{relay};
  strings all;
  for (size_t number = 0; const auto& one : statements_of("a8a6a10"))
    if (auto why = refusal(as_app, one, ++number); !why.empty() && !refusal(as_relay, one, number).empty())
      all.push_back(std::move(why));
  return all;
}
} // namespace

TEST_CASE("upgrade: SQL of nodes of a8a6a10 still works on a database that this build has migrated") {
  test::postgres_server server;
  pqxx::connection app{server.dsn()}, relay{server.relay_dsn()};
  CHECK(statements_of("a8a6a10").size() > 50);
  CHECK(refusals(app, relay) == strings{});
}

TEST_CASE("upgrade: negative control: a column that is gone, and a right that is lost, are noticed") {
  test::postgres_server server;
  {
    pqxx::connection owner{server.admin_dsn()};
    pqxx::nontransaction tx{owner};
    tx.exec("alter table deployment_intents rename column made_at to began_at");
    tx.exec("revoke execute on function community_fences() from arrakis_app");
  }
  pqxx::connection app{server.dsn()}, relay{server.relay_dsn()};
  const auto found = refusals(app, relay);
  const auto names = [&](std::string_view word) {
    return std::ranges::any_of(found, [&](const auto& why) { return why.find(word) != std::string::npos; });
  };
  CHECK(found.size() == 3);
  CHECK(names("\"made_at\" does not exist"));
  CHECK(names("permission denied for function community_fences"));
}

namespace {
/// The one statement of a8a6a10 that begins so.
std::string old_statement(std::string_view beginning) {
  strings found;
  for (auto& one : statements_of("a8a6a10"))
    if (one.starts_with(beginning))
      found.push_back(std::move(one));
  REQUIRE_MESSAGE(found.size() == 1, beginning);
  return found[0];
}

/// Version 1 is applied, version 2 waits to be deployed, and a reconciliation of version 1 has the guild.
struct half_upgraded : test::stores {
  using key = deployments::key;
  deployments::handle deployments = live.keep(deployments::start(live.sys(), app));
  community_id mine = community(1);
  key deployment{mine, {}, 0, deployments::work::deployment};
  key reconciliation{mine, {}, 1, deployments::work::reconciliation};

  half_upgraded() {
    for (const int version : {1, 2})
      owner(fmt::format("insert into manifests (community_id, version, content, canonical, sha256, previous_sha256,"
                        " signature, signed_at) values ('{0}', {1}, '{{}}', '{{}}', '{2}', '{3}', 's', 'now')",
                        mine.value, version, sha256_hex("{}"), version == 1 ? "" : sha256_hex("{}")));
    owner(fmt::format("insert into shadow_states (community_id, manifest_version, resources, checksum)"
                      " values ('{}', 1, '[]', '{}')",
                      mine.value, sha256_hex("[]")));
    deployment.id = owner(fmt::format("insert into deployments (community_id, version, idempotency_key)"
                                      " values ('{}', 2, 'k') returning id",
                                      mine.value));
    reconciliation.id = owner(
      fmt::format("insert into reconciliations (community_id, version, idempotency_key, plan, plan_sha256, state, run,"
                  " lease_holder, lease_until) values ('{}', 1, 'k', '{{}}', '{}', 'running', 1, 'new',"
                  " now() + interval '1 minute') returning id",
                  mine.value, sha256_hex("{}")));
  }
  /// A resource that the reconciliation made and no shadow state knows.
  void make_role() {
    owner(fmt::format("insert into reconciliation_resources (community_id, reconciliation_id, kind, resource,"
                      " discord_id, fields) values ('{}', '{}', 'role', 'role-naib', 500, '{{}}')",
                      mine.value, reconciliation.id));
  }
  void in_transaction(const std::function<void(pqxx::transaction_base&)>& body) {
    pqxx::connection db{server.dsn()};
    pqxx::work tx{db};
    postgres::act_as(tx, mine);
    body(tx);
    tx.commit();
  }
  /// The claim of a node of a8a6a10, statement by statement. As sql_refusal.
  std::string claim_as_before() {
    const auto lock = old_statement("select status, fence, coalesce(discord_guild_id, 0) from communities");
    const auto read = old_statement("select id, state, error_text, application_id, lease_holder <> $3");
    const auto busy = old_statement("select version from deployments where community_id = $1 and id <> $2");
    const auto fence = old_statement("update deployments set state = 'waiting', run = run + 1");
    const auto take = old_statement("update deployments set state = 'running', run = run + 1, lease_holder = $3");
    return test::sql_refusal([&] {
      in_transaction([&](pqxx::transaction_base& tx) {
        tx.exec_params(lock, mine.value);
        CHECK(tx.exec_params(read, mine.value, 2, "old").size() == 1);
        CHECK(tx.exec_params(busy, mine.value, deployment.id).empty());
        tx.exec_params(fence, mine.value, deployment.id);
        tx.exec_params(take, mine.value, deployment.id, "old", 60'000);
      });
    });
  }
  /// The renewal of the reconciliation's holder, as today's build sends it.
  ec renew() {
    return code<deployments::conversation>(deployments,
                                           deployments::renew{reconciliation, std::chrono::minutes{1}, soon()});
  }
  void expire(const std::string& table) { owner("update " + table + " set lease_until = now() - interval '1 s'"); }
  std::string state_of(const key& of) {
    return owner(fmt::format("select state || ' ' || run from {} where id = '{}'",
                             postgres::guild_work::table_of(of.kind), of.id));
  }
};
constexpr auto under_way = "55P03: ERROR:  a reconciliation of this community is under way";
} // namespace

TEST_CASE_FIXTURE(half_upgraded, "upgrade: a node of a8a6a10 waits for a reconciliation, and ends one that ran out") {
  CHECK(claim_as_before() == under_way);
  CHECK(renew() == ec::none);
  CHECK(state_of(reconciliation) == "running 1");
  expire("reconciliations");
  CHECK(claim_as_before() == "");
  CHECK(state_of(reconciliation) == "waiting 2");
  CHECK(renew() == ec::stale); // The holder of the lease wakes up.
  // The other way round a node of today ends the old one's deployment.
  expire("deployments");
  in_transaction([&](pqxx::transaction_base& tx) {
    deployments::claimed claimed;
    postgres::guild_work::lock_community(tx, mine);
    postgres::guild_work::take(tx, reconciliation, "new", std::chrono::minutes{1}, claimed);
  });
  CHECK(state_of(reconciliation) == "running 3");
  in_transaction([&](pqxx::transaction_base& tx) {
    const auto renewal = old_statement("update deployments set lease_until = clock_timestamp()");
    CHECK(tx.exec_params(renewal, mine.value, deployment.id, 1, 60'000).affected_rows() == 0);
  });
}

TEST_CASE_FIXTURE(half_upgraded, "upgrade: negative control: without the trigger two nodes write to the guild") {
  owner("alter table deployments disable trigger one_writer");
  expire("reconciliations");
  CHECK(claim_as_before() == "");
  CHECK(renew() == ec::none);
}

TEST_CASE_FIXTURE(half_upgraded, "upgrade: only a node of today continues an Apply that did not end") {
  owner("update reconciliations set state = 'failed', lease_holder = null, lease_until = null");
  make_role();
  CHECK(claim_as_before()
        == "55P03: ERROR:  a reconciliation that did not end has changed the guild, which this node does not know: "
           "a newer node takes it");
  in_transaction([&](pqxx::transaction_base& tx) {
    deployments::claimed claimed;
    postgres::guild_work::lock_community(tx, mine);
    postgres::guild_work::take(tx, deployment, "new", std::chrono::minutes{1}, claimed);
  });
  CHECK(state_of(deployment) == "running 1");
  // Once it has written a shadow state, older nodes know everything again.
  expire("deployments");
  CHECK(claim_as_before() != "");
  owner("update shadow_states set applied_at = clock_timestamp()");
  CHECK(claim_as_before() == "");
  CHECK(state_of(deployment) == "running 2");
}

TEST_CASE_FIXTURE(half_upgraded,
                  "upgrade: negative control: without the trigger an older node makes it a second time") {
  owner("update reconciliations set state = 'failed', lease_holder = null, lease_until = null");
  make_role();
  owner("alter table deployments disable trigger one_writer");
  CHECK(claim_as_before() == ""); // And its shadow state has no role-naib:
  in_transaction([&](pqxx::transaction_base& tx) {
    const auto made = old_statement(
      "select r.kind, r.resource, r.discord_id, r.fields::text from deployment_resources");
    CHECK(tx.exec_params(made, mine.value, 1).empty());
  });
}
