#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/net/net_fixture.hpp"
#include "runtime/net/router/middleware.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::net;
using router::call;

namespace {
/// Answers what it was given: "id=7 who=ann".
void echo(const call& c) {
  std::string text = "body=" + c.request.body + " who=" + c.who.subject;
  for (const auto& each : c.parameters)
    text += " [" + each + "]";
  c.respond({200, {{"Content-Type", "text/plain"}}, text});
}

std::vector<router::responder> unanswered; ///< Pending answers of /slow; used by one request at a time.
router::answer plain{200, "What was given.", "text/plain", ""};

std::vector<router::route> routes() {
  std::vector<router::route> out;
  out.push_back({.method = "GET", .path = "/things/{id:number}", .answers = {plain}, .run = echo});
  out.push_back({.method = "POST",
                 .path = "/things",
                 .authentication = "key",
                 .permission = "things.write",
                 .limits = {.body_bytes_max = 16},
                 .body = router::request_body{},
                 .answers = {plain},
                 .run = echo});
  out.push_back({.method = "GET",
                 .path = "/search",
                 .query = {{.name = "q", .required = true}, {.name = "from", .kind = router::value_kind::number}},
                 .answers = {plain},
                 .run = echo});
  out.push_back({.method = "GET", .path = "/dropped", .answers = {plain}, .run = [](const call&) {}});
  out.push_back({.method = "GET", .path = "/limited", .answers = {plain}, .run = echo});
  out.push_back({.method = "GET",
                 .path = "/slow",
                 .limits = {.answer_within = std::chrono::milliseconds{20}},
                 .answers = {plain},
                 .run = [](const call& c) { unanswered.push_back(c.respond); }});
  return out;
}

/// Knows the keys "reader" and "writer"; the body may not say "forged".
router::authenticator key() {
  return {.name = "key",
          .scheme = R"({"type":"apiKey","in":"header","name":"X-Key"})",
          .judge_head = [](const http_request& head, router::identity& who) -> std::optional<http_response> {
            who.subject = header(head.headers, "X-Key");
            if (who.subject != "reader" && who.subject != "writer")
              return router::problem(401, "ERR_UNAUTHORIZED", "no such key");
            if (who.subject == "writer")
              who.permissions = {"things.write"};
            return std::nullopt;
          },
          .judge_body = [](const http_request& whole, router::identity&) -> std::optional<http_response> {
            if (whole.body == "forged")
              return router::problem(401, "ERR_UNAUTHORIZED", "the signature does not verify");
            return std::nullopt;
          }};
}

struct fixture {
  fixture() = default;
  ~fixture() { unanswered.clear(); } // Responders own their session, which owns the server's table.
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  std::shared_ptr<const router::table> table = std::make_shared<const router::table>(routes());
  io threads;
  http_client client{threads};
  http_server server{
    threads,
    {.admit = router::serve(table, router::standard_chain(table, {.authenticators = {key()},
                                                                  .rate_limit = [](const router::exchange& of)
                                                                    -> std::optional<std::chrono::milliseconds> {
                                                                    if (of.matched->path == "/limited")
                                                                      return std::chrono::milliseconds{1'200};
                                                                    return std::nullopt;
                                                                  }}))},
    {}};

  http_response ask(const std::string& method, const std::string& target, headers with = {}, std::string body = {}) {
    auto got = test::get(client, test::url_of(server), {method, target, std::move(with), std::move(body), {}});
    REQUIRE(got);
    return std::move(*got);
  }
};
} // namespace

TEST_CASE("router: a request reaches its handler with its parameters, and its answer has the standard headers") {
  fixture f;
  const auto got = f.ask("GET", "/things/42?x=1", {{"X-Request-Id", "abc-1"}});
  CHECK(got.status == 200);
  CHECK(got.body == "body= who= [42]");
  CHECK(header(got.headers, "X-Request-Id") == "abc-1");
  CHECK(header(got.headers, "X-Content-Type-Options") == "nosniff");
  CHECK(header(got.headers, "Cache-Control") == "no-store");
  CHECK(!header(got.headers, "Date").empty());
  for (const auto* bad : {"", "a b", "<script>", "\xc3\xa9"}) {
    const auto made = header(f.ask("GET", "/things/1", {{"X-Request-Id", bad}}).headers, "X-Request-Id");
    CHECK(made.size() == 15);
    CHECK(made != bad);
  }
  CHECK(f.ask("GET", "/things/1", {{"X-Request-Id", std::string(65, 'a')}}).headers.back().second.size() < 65);
}

TEST_CASE("router: 404, 405 with Allow, HEAD, OPTIONS and 414") {
  fixture f;
  CHECK(f.ask("GET", "/nothing").status == 404);
  CHECK(f.ask("OPTIONS", "/nothing").status == 404);
  const auto refused = f.ask("DELETE", "/things/1");
  CHECK(refused.status == 405);
  CHECK(header(refused.headers, "Allow") == "GET, HEAD, OPTIONS");
  CHECK(refused.body.find("ERR_METHOD_NOT_ALLOWED") != std::string::npos);
  const auto options = f.ask("OPTIONS", "/things");
  CHECK(options.status == 204);
  CHECK(header(options.headers, "Allow") == "POST, OPTIONS");
  const auto head = f.ask("HEAD", "/things/1");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(f.ask("GET", "/" + std::string(3'000, 'a')).status == 414);
  CHECK(!header(f.ask("GET", "/nothing").headers, "X-Request-Id").empty());
}

// Negative control: with an authenticator that nobody provides, or a permission that the identity lacks, nothing runs.
TEST_CASE("router: who may not ask is refused before the body is read, and a forged body before the handler") {
  fixture f;
  const std::string json = "application/json";
  CHECK(f.ask("POST", "/things", {{"Content-Type", json}}, "{}").status == 401);
  CHECK(f.ask("POST", "/things", {{"X-Key", "reader"}, {"Content-Type", json}}, "{}").status == 403);
  CHECK(f.ask("POST", "/things", {{"X-Key", "writer"}, {"Content-Type", json}}, "forged").status == 401);
  CHECK(f.ask("POST", "/things", {{"X-Key", "writer"}, {"Content-Type", json}}, "{}").body == "body={} who=writer");
  CHECK_THROWS_WITH_AS(router::standard_chain(f.table, {}),
                       "route POST /things: nobody provides its authentication 'key'", std::runtime_error);
}

TEST_CASE("router: 413, 415 and 406") {
  fixture f;
  const headers writer{{"X-Key", "writer"}};
  const auto with = [&](const char* name, const char* value) {
    auto out = writer;
    out.emplace_back(name, value);
    return out;
  };
  const auto large = f.ask("POST", "/things", writer, std::string(17, 'x'));
  CHECK(large.status == 413);
  CHECK(header(large.headers, "Content-Type") == "application/json");
  CHECK(f.ask("POST", "/things", writer, std::string(16, 'x')).status != 413);
  CHECK(f.ask("POST", "/things", writer, "{}").status == 200); // Without a type it is what the route reads.
  CHECK(f.ask("POST", "/things", with("Content-Type", "Application/JSON; charset=utf-8"), "{}").status == 200);
  const auto form = f.ask("POST", "/things", with("Content-Type", "text/plain"), "{}");
  CHECK(form.status == 415);
  CHECK(header(form.headers, "Accept") == "application/json");
  CHECK(f.ask("POST", "/things", with("Content-Encoding", "gzip"), "{}").status == 415);
  CHECK(f.ask("GET", "/things/1", {{"Accept", "application/json"}}).status == 406);
  CHECK(f.ask("GET", "/things/1", {{"Accept", "text/*;q=0.5, */*;q=0"}}).status == 200);
}

TEST_CASE("router: a parameter of the query is what its route declares, and the refusal names it") {
  fixture f;
  CHECK(f.ask("GET", "/search?q=a&from=7&other=x").status == 200);
  const auto missing = f.ask("GET", "/search");
  CHECK(missing.status == 400);
  CHECK(missing.body.find("query parameter q") != std::string::npos);
  CHECK(f.ask("GET", "/search?q=a&from=x").body.find("query parameter from") != std::string::npos);
  CHECK(f.ask("GET", "/search?q=a%00b").status == 400);
}

TEST_CASE("router: a rate limit answers 429 with whole seconds; no answer and a late one are 503") {
  fixture f;
  const auto limited = f.ask("GET", "/limited");
  CHECK(limited.status == 429);
  CHECK(header(limited.headers, "Retry-After") == "2");
  CHECK(f.ask("GET", "/dropped").status == 503);
  CHECK(f.ask("GET", "/slow").status == 503); // The route's 20 ms, not the server's 30 s.
}

TEST_CASE("router: requests are counted by the route as it is declared, never by the path of a stranger") {
  fixture f;
  const auto text = [] { return metrics::exposition(); };
  CHECK(text().find(R"(http_requests_total{method="GET",route="/things/{id:number}",status="200"})") != text().npos);
  (void)f.ask("GET", "/things/77");
  (void)f.ask("GET", "/stranger-1");
  (void)f.ask("BREW", "/stranger-2");
  CHECK(text().find(R"(http_requests_total{method="other",route="none",status="404"} )") != text().npos);
  CHECK(text().find("stranger") == std::string::npos);
  CHECK(text().find("BREW") == std::string::npos);
  CHECK(text().find(R"(arrakis_http_request_seconds_count{route="/things/{id:number}"})") != text().npos);
}

TEST_CASE("router: a stage that is added sees the request before its handler and the answer after it") {
  const auto table = std::make_shared<const router::table>(routes());
  auto stages = router::standard_chain(table, {.authenticators = {key()}, .rate_limit = {}});
  std::atomic<int> in{0}, out{0};
  stages.insert(stages.begin(), {.name = "counting",
                                 .judge_head = [&](auto&, const auto&) -> std::optional<http_response> {
                                   ++in;
                                   return std::nullopt;
                                 },
                                 .judge_body = {},
                                 .pass_back =
                                   [&](const auto&, auto& response) {
                                     ++out;
                                     response.headers.emplace_back("X-Stage", "1");
                                   }});
  io threads;
  http_client client{threads};
  http_server server{threads, {.admit = router::serve(table, std::move(stages))}, {}};
  const auto got = test::get(client, test::url_of(server), {"GET", "/nothing", {}, {}, {}});
  REQUIRE(got);
  CHECK(header(got->headers, "X-Stage") == "1");
  CHECK(in == 1);
  CHECK(out == 1);
}

TEST_CASE("router: a fallback answers what no route takes in its own words, with and without the standard chain") {
  const auto answer = [](const call& c) {
    c.respond(json_response(c.path_exists ? 405 : 404, c.request.method + " " + c.request.body));
  };
  std::vector<router::route> one;
  one.push_back({.method = "GET", .path = "/a", .answers = {plain}, .run = echo});
  const auto table = std::make_shared<const router::table>(
    std::move(one),
    router::table_options{.otherwise = router::fallback{{.body_bytes_max = 16}, answer}, .head = false});
  for (const bool standard : {true, false}) {
    io threads;
    http_client client{threads};
    http_server server{
      threads, {.admit = router::serve(table, standard ? router::standard_chain(table, {}) : router::chain{})}, {}};
    const auto ask = [&](const std::string& method, const std::string& path, std::string body) {
      auto got = test::get(client, test::url_of(server), {method, path, {}, std::move(body), {}});
      REQUIRE(got);
      if (got->status != 413 || standard) // Without a chain it is the server's own.
        CHECK(header(got->headers, "X-Request-Id").empty() != standard);
      return std::to_string(got->status) + " " + got->body;
    };
    CHECK(ask("GET", "/a", "") == "200 body= who=");
    CHECK(ask("POST", "/a", "{}") == "405 POST {}");
    CHECK(ask("OPTIONS", "/a", "") == "405 OPTIONS ");
    CHECK(ask("PUT", "/b", "{}") == "404 PUT {}");
    CHECK(ask("PUT", "/b", std::string(17, 'x')).starts_with("413 "));
  }
}
