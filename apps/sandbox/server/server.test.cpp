#include "apps/sandbox/server/server.hpp"
#include "runtime/json.hpp"
#include "runtime/metrics.hpp"
#include "runtime/net/net_fixture.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::net;

namespace {
struct fixture {
  sandbox::server server{{.limits = false}};
  io threads;
  http_client client{threads};
  boost::json::object info = json::parse(server.ready_line())->as_object();

  http_response ask(const std::string& method, const std::string& target, headers with = {}, std::string body = {}) {
    auto got = test::get(client, server.url(), {method, target, std::move(with), std::move(body), {}});
    REQUIRE(got);
    return std::move(*got);
  }
  /// "404 {...}" of a request by the bot.
  std::string by_bot(const std::string& method, const std::string& path, std::string body = {}) {
    const headers with{{"Authorization", fmt::format("Bot {}", json::text_or(info, "token"))},
                       {"Content-Type", "application/json"}};
    const auto got = ask(method, "/api/v10" + path, with, std::move(body));
    return fmt::format("{} {}", got.status, got.body);
  }
  std::string id(std::string_view key) const { return std::string{json::text_or(info, key)}; }
};

/// The value of a series.
double count_of(const std::string& series) {
  const auto text = metrics::exposition();
  const auto at = text.find(series);
  return at == text.npos ? 0 : std::stod(text.substr(at + series.size()));
}

/// The values of src and href in a page.
std::vector<std::string> addresses_in(const std::string& page) {
  std::vector<std::string> out;
  for (auto at = page.find("\"/static/"); at != page.npos; at = page.find("\"/static/", at + 1))
    out.push_back(page.substr(at + 1, page.find('"', at + 1) - at - 1));
  return out;
}
} // namespace

TEST_CASE("sandbox: refusals of the API are Discord's own, in its own order") {
  fixture f;
  const auto role = "/guilds/" + f.id("guild_id") + "/roles";
  CHECK(f.by_bot("GET", "/nothing") == R"(404 {"message":"404: Not Found","code":0})");
  CHECK(f.by_bot("POST", "/nothing", "{") == R"(404 {"message":"404: Not Found","code":0})");
  CHECK(f.by_bot("PUT", role, "{}") == R"(405 {"message":"405: Method Not Allowed","code":0})");
  CHECK(f.by_bot("OPTIONS", role) == R"(405 {"message":"405: Method Not Allowed","code":0})");
  CHECK(f.by_bot("HEAD", role) == "405 ");
  CHECK(f.by_bot("POST", role, "{") == R"(400 {"message":"The request body contains invalid JSON.","code":50109})");
  const auto nobody = f.ask("GET", "/api/v10/guilds/undefined/roles");
  CHECK(nobody.status == 401); // Before the id is judged.
  CHECK(nobody.body == R"({"message":"401: Unauthorized","code":0})");
  CHECK(f.by_bot("GET", "/guilds/undefined/roles").starts_with(R"(400 {"message":"Invalid Form Body","code":50035)"));
  CHECK(f.by_bot("GET", "/users/%40me").starts_with("200 "));
  CHECK(f.by_bot("GET", role + "/").starts_with("200 "));
  for (const auto* version : {"/api/v9", "/api"})
    CHECK(f.ask("GET", std::string{version} + "/gateway").status == 200);
  CHECK(f.ask("GET", "/api/v8/gateway").status == 404);
}

// Negative control: the page beside it has them.
TEST_CASE("sandbox: an answer of the API carries no header that Discord's would not") {
  fixture f;
  for (const auto* each : {"X-Request-Id", "X-Content-Type-Options", "Cache-Control", "Allow"}) {
    CHECK(header(f.ask("GET", "/api/v10/gateway").headers, each).empty());
    CHECK(header(f.ask("PUT", "/api/v10/gateway").headers, each).empty());
  }
  CHECK(!header(f.ask("GET", "/api/v10/gateway").headers, "Via").empty());
  CHECK(!header(f.ask("GET", "/").headers, "X-Content-Type-Options").empty());
  CHECK(header(f.ask("PUT", "/").headers, "Allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("sandbox: the page names its files by a hash, and a reader keeps them") {
  fixture f;
  const auto page = f.ask("GET", "/");
  CHECK(page.status == 200);
  CHECK(header(page.headers, "Cache-Control") == "no-cache");
  const headers known{{"If-None-Match", std::string{header(page.headers, "ETag")}}};
  CHECK(f.ask("GET", "/", known).status == 304);
  const auto all = addresses_in(page.body);
  CHECK(all.size() == 3); // Two style sheets and a script.
  for (const auto& each : all) {
    const auto file = f.ask("GET", each);
    CHECK(file.status == 200);
    CHECK(header(file.headers, "Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(f.ask("GET", each, known).status == 304);
  }
  const auto folder = all.at(0).substr(0, all.at(0).rfind('/'));
  CHECK(f.ask("GET", folder + "/element.js").status == 200); // The script names it relatively.
  CHECK(f.ask("GET", "/static/0123456789abcdef0123456789abcdef/app.js").status == 404);
  CHECK(f.ask("GET", "/app.js").status == 404);
}

TEST_CASE("sandbox: a change is sent to the readers of the server-sent events") {
  fixture f;
  auto reader = test::raw_peer::connect(f.server.port());
  reader.send("GET /_sandbox/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
  CHECK(reader.read("\r\n\r\n").find("text/event-stream") != std::string::npos);
  // The head may arrive before the connection is registered as a reader. No event is lost: the page reads the view
  // once the stream is open.
  std::string seen;
  while (seen.find(R"(data: {"t":"changed"})") == std::string::npos) {
    CHECK(f.by_bot("POST", "/guilds/" + f.id("guild_id") + "/roles", R"({"name":"fedaykin"})").starts_with("200 "));
    seen += reader.read("\n\n");
    REQUIRE(!seen.empty());
  }
  CHECK(seen.find(R"("name":"GUILD_ROLE_CREATE")") != std::string::npos);
}

// Negative control: the page that reads gets all of the same events.
TEST_CASE("sandbox: a page that stops reading its events is cut, and not one that reads") {
  fixture f;
  const auto open = [&](int receive_bytes) {
    auto reader = test::raw_peer::connect(f.server.port(), "127.0.0.1", receive_bytes);
    reader.send("GET /_sandbox/events HTTP/1.1\r\nHost: x\r\n\r\n");
    reader.read("\r\n\r\n");
    return reader;
  };
  const auto cuts = [] { return count_of("arrakis_http_refused_total{reason=\"output_bytes\"} "); };
  const auto before = cuts();
  auto stopped = open(4'096), reading = open(0);
  const auto many = fmt::format(R"({{"name":"u","count":10000,"guild":"{}"}})", f.id("guild_id"));
  for (int i = 0; i < 100 && cuts() == before; ++i) { // 0.8 MiB of events each.
    CHECK(f.ask("POST", "/_sandbox/users", {}, many).status == 200);
    CHECK(reading.read(R"({"t":"changed"})").find("GUILD_MEMBER_ADD") != std::string::npos);
  }
  CHECK(cuts() == before + 1);
  CHECK(f.by_bot("POST", "/guilds/" + f.id("guild_id") + "/roles", R"({"name":"naib"})").starts_with("200 "));
  CHECK(reading.read(R"({"t":"changed"})").find("GUILD_ROLE_CREATE") != std::string::npos);
}

TEST_CASE("sandbox: a person acts through a path as a client encodes it") {
  fixture f;
  const auto as = "/_sandbox/as/" + f.id("owner_id");
  const auto sent = f.ask("POST", as + "/channels/" + f.id("channel_id") + "/messages", {}, R"({"content":"a"})");
  REQUIRE(sent.status == 200);
  const auto message = std::string{json::text_or(json::parse(sent.body)->as_object(), "id")};
  const auto reactions = as + "/channels/" + f.id("channel_id") + "/messages/" + message + "/reactions/";
  CHECK(f.ask("PUT", reactions + "%F0%9F%91%8D/%40me").status == 204);
  CHECK(f.ask("PUT", reactions + "%25F0%259F%2591%258D/@me").body.find("10014")
        != std::string::npos); // Decoded once: no emoji.
  CHECK(f.ask("GET", as + "/nothing?x=1").status == 404);
  CHECK(f.ask("GET", "/_sandbox/as/7/users/@me").body.find("no such user") != std::string::npos);
  CHECK(f.ask("POST", "/_sandbox/users", {}, "{").body.find("no JSON") != std::string::npos);
  CHECK(f.ask("GET", "/_sandbox/nothing").status == 404);
  CHECK(f.ask("DELETE", "/_sandbox/users").status == 405);
}

TEST_CASE("sandbox: where the gateway is asked for, whatever the path, it is no page") {
  fixture f;
  for (const auto* path : {"/", "/?v=10&encoding=json", "/resume/here"}) {
    auto peer = test::raw_peer::connect(f.server.port());
    peer.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                          path));
    const auto got = peer.read("heartbeat_interval");
    CHECK(got.starts_with("HTTP/1.1 101 "));
    CHECK(got.find("heartbeat_interval") != std::string::npos);
  }
}
