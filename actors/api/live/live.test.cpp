#include "actors/api/served.test.hpp"

using namespace arrakis;

TEST_CASE("live: a process that does not move is not live, and names what stands still") {
  api::test::served moving{api::listener::admin_port, api::test::with({})};
  const auto good = moving.ask("GET", "/health/live");
  CHECK(good.body == R"({"live":true})");
  auto stuck = api::test::with({});
  stuck.silent = [] { return std::vector<std::string>{"io-2"}; };
  const auto bad = api::test::served{api::listener::admin_port, stuck}.ask("GET", "/health/live");
  CHECK(bad.status == 503);
  CHECK(bad.body == R"({"live":false,"silent":["io-2"]})");
  CHECK(std::set{good.status, bad.status} == moving.described("GET", "/health/live"));
}
