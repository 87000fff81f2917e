#include "tests/daemon/daemon.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::daemon_test;

TEST_CASE("environment: variables of libpq (PGHOST, ...) and of the servers do not change arrakisd or arrakisctl") {
  // Each of them alone keeps a libpq that obeys it from the server, or changes what is read there.
  arrakis_daemon one{{.environment = {"PGSERVICE=nowhere",
                                      "PGSERVICEFILE=/nonexistent",
                                      "PGSYSCONFDIR=/nonexistent",
                                      "PGHOST=/nonexistent",
                                      "PGHOSTADDR=127.0.0.1",
                                      "PGPORT=9",
                                      "PGDATABASE=other",
                                      "PGUSER=other",
                                      "PGCHANNELBINDING=require",
                                      "PGGSSENCMODE=require",
                                      "PGSSLMODE=require",
                                      "PGTARGETSESSIONATTRS=standby",
                                      "PGOPTIONS=-c default_transaction_read_only=on",
                                      "PGCLIENTENCODING=LATIN1",
                                      "PGDATESTYLE=German",
                                      "PGTZ=Asia/Tokyo",
                                      "PGDATA=/nonexistent",
                                      "PGCONNECT_TIMEOUT=600",
                                      "PGREQUIREAUTH=scram-sha-256",
                                      "LC_ALL=tlh_QO"}}};
  REQUIRE_MESSAGE(one.ready(), one.log());
  CHECK(one.says("\"settings.environment_ignored\""));
  CHECK(one.says("PGHOSTADDR"));
  const auto [code, said] = one.ctl({"community", "list"});
  CHECK_MESSAGE(code == 0, said);
  CHECK(one.stop() == 0);
}
