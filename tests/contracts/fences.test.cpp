// The fence log under its contract, and a process that reads it while its database is restored.
#include "actors/fences/fences.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/fence_log/fence_log.hpp"
#include "tests/contracts/fence_log.hpp"
#include "tests/support/fakes/postgres.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <optional>
#include <pqxx/pqxx>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// Runs SQL as an operator does, from another database.
struct restorer {
  std::string dsn, database;
  explicit restorer(const std::string& admin_dsn) : dsn(admin_dsn) {
    const auto name = admin_dsn.find("dbname=") + 7, end = admin_dsn.find(' ', name);
    database = admin_dsn.substr(name, end - name);
    dsn.replace(name, end - name, "postgres");
  }
  void operator()(const std::string& format) const {
    pqxx::connection db{dsn};
    pqxx::nontransaction tx{db};
    tx.exec(fmt::format(fmt::runtime(format), fmt::arg("db", database)));
  }
  std::string in_copy(const std::string& sql) const {
    auto copy = dsn;
    copy.replace(copy.find("dbname=postgres"), 15, "dbname=" + database + "_restored");
    pqxx::connection db{copy};
    const auto rows = pqxx::nontransaction{db}.exec(sql);
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
  }
  void close() const {
    (*this)("alter database {db} allow_connections false");
    (*this)("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{db}'");
  }
};

bool eventually(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;)
    if (holds())
      return true;
    else
      std::this_thread::yield();
  return false;
}
} // namespace

TEST_CASE("the fence log in memory keeps its contract") {
  test::fake_postgres all;
  test::live_system live{1};
  for (uint64_t guild : {1, 2}) {
    const community_id id{fmt::format("6ba7b810-9dad-11d1-80b4-{:012}", guild)};
    all.tenants[id.value].row = {id, "Tabr", "basic", {guild}, "active", 0, 0};
  }
  contracts::fence_log(live.sys(), live.keep(all.fence_log_port(live.sys())),
                       live.keep(all.communities_port(live.sys())), all.by_guild({1})->row.id,
                       all.by_guild({2})->row.id);
}

TEST_CASE("the fence log in PostgreSQL keeps its contract") {
  test::stores db;
  auto& sys = db.live.sys();
  contracts::fence_log(sys, db.live.keep(fence_log::start(sys, db.app)), db.live.keep(communities::start(sys, db.app)),
                       db.community(1), db.community(2));
}

TEST_CASE(
  "fences: a restore below a running process is noticed, also when its numbers have passed those that were read") {
  for (const bool has_identity : {true, false}) { // Without: the negative control.
    CAPTURE(has_identity);
    std::optional<fences::fence_table> table; // Outlives the actor, which ends with `db`.
    test::stores db;
    const restorer operate{db.server.admin_dsn()};
    const auto lost = db.community(1), early = db.community(2), last = db.community(3);
    if (!has_identity)
      db.owner("create or replace function fence_log_identity() returns text language sql stable security definer"
               " as 'select text ''one for all'''");
    table.emplace(db.live.sys().clock());
    db.live.keep(fences::start(db.live.sys(), db.live.keep(fence_log::start(db.live.sys(), db.app)), *table,
                               {.every = 10ms, .within = 20s}));
    const auto is = [&](const community_id& whom, fences::verdict wanted) {
      return [&table, whom, wanted] { return table->judge({whom, 9, 9, {}}) == wanted; };
    };
    operate.close();
    operate("create database {db}_restored template {db}"); // The backup.
    operate("alter database {db} allow_connections true");
    db.owner(fmt::format("update communities set status = 'frozen', fence = 1 where id = '{}'", lost.value));
    REQUIRE(eventually(is(lost, fences::verdict::community_frozen)));
    // Nobody reads between the restore and what is frozen after it.
    operate.in_copy(fmt::format("update communities set status = 'frozen', fence = 1 where id = '{}'", early.value));
    operate.in_copy(fmt::format("update communities set status = 'frozen', fence = 1 where id = '{}'", last.value));
    operate.close();
    operate("drop database {db}");
    operate("alter database {db}_restored rename to {db}");
    REQUIRE(eventually(is(last, fences::verdict::community_frozen)));
    CHECK(is(early, fences::verdict::community_frozen)() == has_identity);
    CHECK(is(lost, fences::verdict::allowed)() == has_identity);
  }
}
