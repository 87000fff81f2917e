// A daemon whose state folder a newer build has migrated.
#include "adapters/embedded/embedded.hpp"
#include "tests/daemon/daemon.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

using namespace arrakis;
using namespace arrakis::daemon_test;

TEST_CASE("schema: a state folder that a newer build has migrated is refused by name, and stays as it is") {
  arrakis_daemon one;
  REQUIRE_MESSAGE(one.ready(), one.log());
  const auto change = [&](const std::string& sql) {
    pqxx::connection db{embedded::dsn(one.folder(), "arrakis_owner")};
    pqxx::nontransaction{db}.exec(sql);
  };
  change("insert into schema_migrations (position, name, sha256)"
         " select max(position) + 1, '9999_of_tomorrow.sql', '' from schema_migrations");
  CHECK(one.stop() == 0);
  one.start();
  CHECK_MESSAGE(
    one.says("the database has migration 9999_of_tomorrow.sql, which this build does not know: start a build "
             "at least as new as the one that migrated it"),
    one.log());
  CHECK(one.child().wait(std::chrono::seconds{60}));
  CHECK(one.child().exit_status() == 1);
}
