#include "actors/api/served.test.hpp"

#include "adapters/discord/interactions/signed_endpoint.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

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

  api::services services() {
    api::services out;
    out.questions = &questions;
    out.interactions = interactions;
    out.admission = &admission;
    auto reader = std::make_shared<const discord::interactions::signed_endpoint>(discord_key.public_key());
    out.webhook = {[reader](const auto& head) { return reader->judge_head(head); },
                   [reader](const auto& request) { return reader->verify(request); },
                   [reader](const auto& request) { return reader->read(request); }, reader->body_bytes_max()};
    out.dependencies = [this](auto done) { done(list); };
    out.silent = [this] { return silent; };
    out.accepting = [] { return true; };
    return out;
  }
  http_response ask(const http_request& r) { return open.ask(r.method, r.target, r.headers, r.body); }

  caf::actor_system_config config;
  caf::actor_system sys{config};
  signer discord_key;
  std::vector<readiness::dependency> list;
  std::vector<std::string> silent;
  ingress::admission admission;
  ingress::handle interactions;
  asker questions{sys};
  api::test::served open{api::listener::public_port, services()};
  api::test::served admin{api::listener::admin_port, services()};
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

TEST_CASE("api: each page is served by its listener alone, with GET or HEAD") {
  fixture f;
  for (const auto* page : {"/health", "/openapi.json"})
    CHECK_MESSAGE(f.open.ask("GET", page).status == 200, page);
  CHECK(f.open.ask("GET", "/health?from=monitor", {}, {}, "/health").status == 200);
  for (const auto* page : {"/health/live", "/health/ready", "/metrics", "/openapi.json"}) {
    CHECK_MESSAGE(f.admin.ask("GET", page).status == 200, page);
    const auto head = f.admin.ask("HEAD", page);
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    for (const auto* method : {"POST", "PUT", "DELETE", "get"}) {
      const auto refused = f.admin.ask(method, page);
      CHECK(refused.status == 405);
      CHECK(header(refused.headers, "Allow") == "GET, HEAD, OPTIONS");
    }
  }
  // Negative control: what tells of the inside is not on the public port, and Discord's page not on the other one.
  for (const auto* page : {"/health/live", "/health/ready", "/metrics"})
    CHECK_MESSAGE(f.open.ask("GET", page).status == 404, page);
  CHECK(f.admin.ask("POST", "/webhooks/discord").status == 404);
  CHECK(f.admin.ask("GET", "/health").status == 404);
  for (const auto* method : {"GET", "POST", "HEAD"})
    CHECK(f.open.ask(method, "/webhooks/discord/").status == 404);
  CHECK(header(f.open.ask("GET", "/webhooks/discord").headers, "Allow") == "POST, OPTIONS");
}

TEST_CASE("api: while something does not beat, liveness and readiness answer 503 and name it, and metrics are served") {
  fixture f;
  CHECK(f.admin.ask("GET", "/health/live").body == R"({"live":true})");
  f.silent = {"io-2", "scheduler"};
  const auto live = f.admin.ask("GET", "/health/live");
  CHECK(live.status == 503);
  CHECK(live.body == R"({"live":false,"silent":["io-2","scheduler"]})");
  const auto ready = f.admin.ask("GET", "/health/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body == R"({"ready":false,"silent":["io-2","scheduler"]})");
  CHECK(f.admin.ask("GET", "/metrics").status == 200);
}

// Negative control: decoded as net::path_of() does, each of these is a page that is served.
TEST_CASE("api: a path has one spelling, so that a proxy's rule about it cannot be written around") {
  fixture f;
  for (const auto* target : {"/%6detrics", "/metric%73", "/health%2Flive", "/%68ealth", "//metrics", "/./metrics"}) {
    CHECK_MESSAGE(f.open.ask("GET", target).status == 404, target);
    CHECK_MESSAGE(f.admin.ask("GET", target).status == 404, target);
  }
  CHECK(path_of("/%6detrics") == "/metrics");
}

// Negative control: another error of the same interaction is logged.
TEST_CASE("api: a recorded interaction that is played again hears 409, and writes no line each time") {
  fixture replayed, foreign{ec::refused};
  const auto play = [](fixture& f, int status) {
    const auto request = f.discord_key.request(onboard);
    for (int i = 0; i < 20; ++i)
      CHECK(f.ask(request).status == status);
  };
  CHECK(logged("interaction_unanswered", [&] { play(replayed, 409); }) == 0);
  CHECK(logged("interaction_unanswered", [&] { play(foreign, 403); }) == 1);
}

TEST_CASE("api: each answer to a signed interaction is one that the description has") {
  fixture f;
  CHECK(f.ask(f.discord_key.request(R"({"id":"1","application_id":"3","type":1,"token":"t","version":1})")).status
        == 200);
  CHECK(f.open.described("POST", "/webhooks/discord") == std::set{200});
  fixture busy{ec::busy};
  const auto told = busy.ask(busy.discord_key.request(onboard)); // In words: Discord shows nothing of another status.
  CHECK(told.status == 200);
  auto forged = f.discord_key.request(onboard);
  forged.body += ' ';
  CHECK(f.ask(forged).status == 401);
}

TEST_CASE("api: negative control: an answer that is not described is found") {
  fixture f;
  const headers json{{"Content-Type", "application/json"}};
  const auto fault = [&](http_response got) { return f.open.fault_of("GET", "/health", std::move(got)); };
  CHECK(fault({200, json, R"({"status":"healthy","timestamp":"2026-11-30T16:40:24.123Z"})"}) == "");
  CHECK(fault({200, json, R"({"status":"healthy"})"}) == "/timestamp is missing");
  CHECK(fault({200, json, R"({"status":"well","timestamp":"2026-11-30T16:40:24Z"})"})
        == "/status is none of its values");
  CHECK(fault({200, json, R"({"status":"healthy","timestamp":"now"})"}) == "/timestamp is no date-time");
  CHECK(fault({200, json, R"({"status":"healthy","timestamp":"2026-11-30T16:40:24Z","redis":1})"})
        == "/redis is not described");
  CHECK(fault({200, json, "[]"}) == " is no object");
  CHECK(fault({200, {{"Content-Type", "text/html"}}, "<p>"}) == "'text/html' is not described");
  CHECK(fault({201, json, "{}"}) == "201 is not described");
  CHECK(fault({404, json, R"({"message":"no"})"}) == "/error is missing");
  CHECK(fault({404, json, R"({"error":{"code":"no","message":"no"}})"}) == "/error/code has another form");
}

TEST_CASE("api: what Discord signed and cannot be read is told once a while, however often it is played") {
  fixture f;
  const auto request = f.discord_key.request(R"({"type":77})");
  CHECK(logged("discord_interaction_unreadable",
               [&] {
                 for (int i = 0; i < 20; ++i)
                   CHECK(f.ask(request).status == 400);
               })
        == 1);
}
