#include "actors/api/served.test.hpp"

using namespace arrakis;

TEST_CASE("metrics: Prometheus reads the text format, with the process's own figures and those of this listener") {
  api::test::served f{api::listener::admin_port, api::test::with({})};
  const auto answer = f.ask("GET", "/metrics", {{"Accept", "application/openmetrics-text;q=0.5,text/plain;q=0.3"}});
  CHECK(answer.status == 200);
  CHECK(net::header(answer.headers, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.body.find("\nprocess_resident_memory_bytes ") != std::string::npos);
  CHECK(answer.body.find(R"(http_requests_total{method="GET",route="/metrics",status="200"})") != std::string::npos);
  CHECK(f.described("GET", "/metrics") == std::set{200});
}
