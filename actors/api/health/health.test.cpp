#include "actors/api/served.test.hpp"

using namespace arrakis;

TEST_CASE("health: it tells a status and a time, and nothing of what lies behind") {
  api::test::served good{api::listener::public_port, api::test::with({{"database", true, "secret-host"}})};
  const auto well = good.ask("GET", "/health");
  CHECK(well.status == 200);
  CHECK(well.body.starts_with(R"({"status":"healthy","timestamp":"20)"));
  api::test::served bad{api::listener::public_port,
                        api::test::with({{"database", true, "secret-host"}, {"redis", false, "secret-host"}})};
  const auto answer = bad.ask("GET", "/health");
  CHECK(answer.status == 503);
  CHECK(answer.body.starts_with(R"({"status":"degraded","timestamp":"20)"));
  CHECK(answer.body.find("redis") == std::string::npos);
  CHECK(answer.body.find("secret") == std::string::npos);
  CHECK(std::set{well.status, answer.status} == good.described("GET", "/health"));
}

TEST_CASE("health: it is 503 only without what the node needs to serve") {
  std::vector<readiness::dependency> list{
    {"database", true, ""}, {"vault", false, "restore v1.pem", false}, {"discord", false, "no token", false}};
  const auto degraded = api::test::served{api::listener::public_port, api::test::with(list)}.ask("GET", "/health");
  CHECK(degraded.status == 200);
  CHECK(degraded.body.starts_with(R"({"status":"degraded")"));
  list.front().ready = false; // Negative control.
  CHECK(api::test::served{api::listener::public_port, api::test::with(list)}.ask("GET", "/health").status == 503);
}
