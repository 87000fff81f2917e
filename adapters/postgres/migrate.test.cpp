#include "adapters/postgres/migrate.hpp"
#include "tests/support/servers.hpp"

#include <atomic>
#include <doctest/doctest.h>
#include <pqxx/pqxx>
#include <thread>

namespace {
using namespace arrakis;
using migrations::migration;

std::string text(const caf::expected<postgres::migrated>& x) { return x ? "" : text_of(x.error()); }

/// An empty database beside the migrated one.
struct empty_database {
  test::postgres_server server;
  std::string dsn = server.admin_dsn();
  empty_database() {
    const auto name = "empty_" + std::to_string(++count);
    pqxx::connection db{dsn};
    pqxx::nontransaction{db}.exec("create database " + name);
    dsn.replace(dsn.find("dbname="), dsn.find(" user=") - dsn.find("dbname="), "dbname=" + name);
  }
  static inline int count = 0;
};
const std::vector<migration> two{{"0001_a.sql", "create table a (x int)"}, {"0002_b.sql", "create table b (x int)"}};
} // namespace

TEST_CASE("migrate: all files are applied once, and a second call is a no-op") {
  empty_database db;
  const auto first = postgres::migrate(db.dsn);
  REQUIRE_MESSAGE(first, text(first));
  CHECK(first->applied.size() == migrations::all().size());
  const auto second = postgres::migrate(db.dsn);
  REQUIRE(second);
  CHECK(second->applied.empty());
  CHECK(second->known == migrations::all().size());
}

TEST_CASE("migrate: an edited file is refused with its name and the remedy, and nothing is applied") {
  empty_database db;
  REQUIRE(postgres::migrate(db.dsn, two));
  auto edited = two;
  edited[0].sql = "create table a (x bigint)";
  edited.push_back({"0003_c.sql", "create table c (x int)"});
  const auto result = postgres::migrate(db.dsn, edited);
  REQUIRE(!result);
  CHECK(code_of(result.error()) == ec::refused);
  CHECK(text(result).find("0001_a.sql was edited") != std::string::npos);
  CHECK(text(result).find("restore the file") != std::string::npos);
  CHECK(postgres::migrate(db.dsn, two)->applied.empty());
}

TEST_CASE("migrate: a file put in between is refused, and a database ahead of the build is unsupported") {
  empty_database db;
  REQUIRE(postgres::migrate(db.dsn, two));
  CHECK(code_of(postgres::migrate(db.dsn, {two[0], {"0002_aa.sql", "select 1"}, two[1]}).error()) == ec::refused);
  CHECK(code_of(postgres::migrate(db.dsn, {two[0]}).error()) == ec::unsupported);
}

TEST_CASE("migrate: a file that fails leaves nothing of itself, and what came before stays") {
  empty_database db;
  auto broken = two;
  broken[1].sql = "create table b (x int); create table b (x int)";
  const auto result = postgres::migrate(db.dsn, broken);
  CHECK(code_of(result.error()) == ec::invalid);
  CHECK(text(result).find("0002_b.sql") != std::string::npos);
  pqxx::connection c{db.dsn};
  pqxx::work tx{c};
  CHECK(tx.exec1("select to_regclass('a') is not null and to_regclass('b') is null")[0].as<bool>());
}

TEST_CASE("migrate: callers at the same time take turns") {
  empty_database db;
  // Each would fail on what the others made, if they ran at once.
  const std::vector<migration> slow{{"0001_a.sql", "create table a (x int); select pg_sleep(0.05)"}, two[1]};
  std::vector<std::thread> callers;
  std::atomic<size_t> applied{0};
  std::atomic<int> failures{0};
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      const auto result = postgres::migrate(db.dsn, slow);
      applied += result ? result->applied.size() : 0;
      failures += !result;
    });
  for (auto& c : callers)
    c.join();
  CHECK(failures == 0);
  CHECK(applied == 2);
}

TEST_CASE("migrate: a server that is away is unavailable") {
  const auto result = postgres::migrate("host=/nonexistent dbname=x");
  CHECK(code_of(result.error()) == ec::unavailable);
}
