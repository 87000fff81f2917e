#include "actors/http_api/http_api.hpp"

#include "adapters/discord/interactions/signed_endpoint.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/net_fixture.hpp"

#include <atomic>
#include <caf/actor_system_config.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>

using namespace arrakis;
using namespace arrakis::net;

namespace {
std::string hex(const unsigned char* data, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i)
    out += fmt::format("{:02x}", data[i]);
  return out;
}

/// Discord: its key, and what it signs.
class signer {
public:
  ~signer() { EVP_PKEY_free(key_); }
  std::string public_key() const {
    unsigned char raw[32];
    size_t size = sizeof raw;
    EVP_PKEY_get_raw_public_key(key_, raw, &size);
    return hex(raw, size);
  }
  http_request request(const std::string& body) const {
    const auto timestamp = std::to_string(wall_ms() / 1'000), message = timestamp + body;
    unsigned char raw[64];
    size_t size = sizeof raw;
    auto* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_);
    EVP_DigestSign(context, raw, &size, reinterpret_cast<const unsigned char*>(message.data()), message.size());
    EVP_MD_CTX_free(context);
    return {"POST",
            "/webhooks/discord",
            {{"X-Signature-Ed25519", hex(raw, size)}, {"X-Signature-Timestamp", timestamp}},
            body,
            {}};
  }

private:
  EVP_PKEY* key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
};

ingress::handle::behavior_type refusing_with(ingress::handle::pointer, ec code) {
  return {[code](const ingress::incoming&) -> caf::result<interaction_answer> { return fail(code, "no"); }};
}

/// The daemon's listener, whose interactions all end with one error.
struct fixture {
  explicit fixture(ec code = ec::conflict) : interactions(sys.spawn(refusing_with, code)) {}
  ~fixture() { caf::anon_send_exit(interactions, caf::exit_reason::kill); }

  http_api::ports ports() {
    http_api::ports out;
    out.interactions = interactions;
    out.admission = &admission;
    auto reader = std::make_shared<const discord::interactions::signed_endpoint>(discord_key.public_key());
    out.webhook = {[reader](const auto& request) { return reader->handle(request); },
                   [reader](const auto& head) { return reader->judge_head(head); }, reader->body_bytes_max()};
    out.dependencies = [this](auto done) { done(list); };
    out.accepting = [] { return true; };
    out.silent = [this] { return silent; };
    return out;
  }
  http_response ask(const std::string& method, const std::string& target) {
    return ask(http_request{method, target, {}, {}, {}});
  }
  http_response ask(http_request request) {
    auto got = test::get(client, test::url_of(server), std::move(request));
    REQUIRE(got);
    return std::move(*got);
  }

  caf::actor_system_config config;
  caf::actor_system sys{config};
  signer discord_key;
  std::vector<readiness::dependency> list;
  std::vector<std::string> silent;
  ingress::admission admission;
  ingress::handle interactions;
  io threads;
  http_client client{threads};
  asker questions{sys};
  http_api::endpoints endpoints = http_api::routes(questions, ports());
  http_server server{threads, {.admit = endpoints.admit}, endpoints.handle};
};

/// How many log lines name the event while `act` runs.
template <class F>
int logged(std::string_view event, F act) {
  static std::atomic<int> lines;
  static std::string sought;
  lines = 0;
  sought = event;
  log::set_sink([](std::string_view line) { lines += line.find(sought) != line.npos; });
  act();
  log::set_sink(nullptr);
  return lines;
}

const std::string onboard = R"({"id":"1","application_id":"3","type":2,"token":"t","version":1,"guild_id":"10",
  "channel_id":"30","locale":"de","member":{"user":{"id":"5"},"permissions":"8"},"app_permissions":"8",
  "data":{"id":"6","name":"onboard","type":1}})";
} // namespace

TEST_CASE("http api: a page is read with GET or HEAD, and another method hears which ones there are") {
  fixture f;
  for (const auto* page : {"/health", "/health/live", "/health/ready", "/metrics", "/health/live?from=monitor"}) {
    CAPTURE(page);
    CHECK(f.ask("GET", page).status == 200);
    const auto head = f.ask("HEAD", page);
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    for (const auto* method : {"POST", "PUT", "OPTIONS", "DELETE", "get"}) {
      const auto refused = f.ask(method, page);
      CHECK(refused.status == 405);
      CHECK(header(refused.headers, "Allow") == "GET, HEAD");
    }
  }
  for (const auto* method : {"GET", "POST", "HEAD"})
    CHECK(f.ask(method, "/webhooks/discord/").status == 404);
  CHECK(header(f.ask("GET", "/webhooks/discord").headers, "Allow") == "POST");
}

TEST_CASE("http api: /health is 503 only without what the node needs to serve, and names what is away") {
  fixture f;
  f.list = {{"database", true, ""}, {"vault", false, "restore v1.pem", false}, {"discord", false, "no token", false}};
  auto answer = f.ask("GET", "/health");
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("status":"degraded")") != std::string::npos);
  CHECK(answer.body.find(R"("vault":"disconnected")") != std::string::npos);
  CHECK(f.ask("GET", "/health/ready").body.find("restore v1.pem") != std::string::npos);
  f.list.front().ready = false; // Negative control.
  answer = f.ask("GET", "/health");
  CHECK(answer.status == 503);
  CHECK(answer.body.find(R"("database":"disconnected")") != std::string::npos);
}

TEST_CASE("http api: while something does not beat, liveness and readiness answer 503 and name it") {
  fixture f;
  CHECK(f.ask("GET", "/health/live").body == R"({"live":true})");
  f.silent = {"io-2", "scheduler"};
  const auto live = f.ask("GET", "/health/live");
  CHECK(live.status == 503);
  CHECK(live.body == R"({"live":false,"silent":["io-2","scheduler"]})");
  const auto ready = f.ask("GET", "/health/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body == R"({"ready":false,"silent":["io-2","scheduler"]})");
  CHECK(f.ask("GET", "/metrics").status == 200);
}

// Negative control: as the server wrote it, it is no JSON at all.
TEST_CASE("http api: what a server said of itself is told in short, as UTF-8, and obeyed by no terminal") {
  fixture f;
  f.list = {{"database", false, "connection failed: received \x81 \x1b[31m " + std::string(100'000, 'x')}};
  const auto answer = f.ask("GET", "/health/ready");
  CHECK(answer.status == 503);
  const auto tree = json::parse(answer.body);
  REQUIRE(tree);
  CHECK(answer.body.find("received ") != std::string::npos);
  CHECK(answer.body.find('\x1b') == std::string::npos);
  CHECK(answer.body.size() < 1'000);
}

// Negative control: decoded as net::path_of() does, each of these is a page that is served.
TEST_CASE("http api: a path has one spelling, so that a proxy's rule about it cannot be written around") {
  fixture f;
  for (const auto* target : {"/%6detrics", "/metric%73", "/health%2Flive", "/%68ealth", "//metrics", "/./metrics"}) {
    CAPTURE(target);
    CHECK(f.ask("GET", target).status == 404);
  }
  CHECK(path_of("/%6detrics") == "/metrics");
}

// Negative control: another error of the same interaction is logged.
TEST_CASE("http api: a recorded interaction that is played again hears 409, and writes no line each time") {
  fixture replayed, foreign{ec::refused};
  const auto play = [](fixture& f, int status) {
    const auto request = f.discord_key.request(onboard);
    for (int i = 0; i < 20; ++i)
      CHECK(f.ask(request).status == status);
  };
  CHECK(logged("interaction_unanswered", [&] { play(replayed, 409); }) == 0);
  CHECK(logged("interaction_unanswered", [&] { play(foreign, 403); }) == 1);
}

TEST_CASE("http api: what Discord signed and cannot be read is told once a while, however often it is played") {
  fixture f;
  const auto request = f.discord_key.request(R"({"type":77})");
  CHECK(logged("discord_interaction_unreadable",
               [&] {
                 for (int i = 0; i < 20; ++i)
                   CHECK(f.ask(request).status == 400);
               })
        == 1);
}
