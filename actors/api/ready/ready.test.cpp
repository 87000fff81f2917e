#include "actors/api/served.test.hpp"

using namespace arrakis;

// Negative control: as the server wrote it, it is no JSON at all.
TEST_CASE("ready: what a server said of itself is told in short, as UTF-8, and obeyed by no terminal") {
  api::test::served f{
    api::listener::admin_port,
    api::test::with({{"database", false, "connection failed: received \x81 \x1b[31m " + std::string(100'000, 'x')}})};
  const auto answer = f.ask("GET", "/health/ready");
  CHECK(answer.status == 503);
  CHECK(json::parse(answer.body));
  CHECK(answer.body.find("received ") != std::string::npos);
  CHECK(answer.body.find('\x1b') == std::string::npos);
  CHECK(answer.body.size() < 1'000);
}

TEST_CASE("ready: what is not needed may be away; a process that drains is not ready") {
  auto with = api::test::with({{"database", true, ""}, {"discord", false, "no bot token", false}});
  api::test::served f{api::listener::admin_port, with};
  const auto good = f.ask("GET", "/health/ready");
  CHECK(good.status == 200);
  auto draining = api::test::with({{"database", true, ""}});
  draining.accepting = [] { return false; };
  const auto answer = api::test::served{api::listener::admin_port, draining}.ask("GET", "/health/ready");
  CHECK(answer.status == 503);
  CHECK(answer.body.find(R"("draining":true)") != std::string::npos);
  CHECK(std::set{good.status, answer.status} == f.described("GET", "/health/ready"));
}

TEST_CASE("ready: while something does not beat nobody is asked, and the clock is told when it is known") {
  auto with = api::test::with({{"database", true, ""}});
  with.skew = [] { return api::clock_skew{std::chrono::milliseconds{1'500}, std::chrono::milliseconds{20}}; };
  const auto good = api::test::served{api::listener::admin_port, with}.ask("GET", "/health/ready");
  CHECK(good.body.find(R"("clock":{"ahead_of_discord_ms":1500,"uncertainty_ms":20})") != std::string::npos);
  auto stuck = api::test::with({});
  stuck.dependencies = [](const auto&) { FAIL("asked"); };
  stuck.silent = [] { return std::vector<std::string>{"scheduler"}; };
  const auto bad = api::test::served{api::listener::admin_port, stuck}.ask("GET", "/health/ready");
  CHECK(bad.status == 503);
  CHECK(bad.body == R"({"ready":false,"silent":["scheduler"]})");
}
