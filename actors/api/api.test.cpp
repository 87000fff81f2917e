#include "actors/api/served.test.hpp"
#include "actors/ingress/gateway_events.hpp"
#include "adapters/discord/interactions/signed_endpoint.hpp"
#include "runtime/clock.hpp"
#include "runtime/flow/asker.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "tests/support/discord_key.hpp"

#include <atomic>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>
#include <sstream>

using namespace arrakis;
using namespace arrakis::net;

namespace {
ingress::handle::behavior_type refusing_with(ingress::handle::pointer, ec code) {
  return {[code](const ingress::incoming&) -> caf::result<interaction_answer> { return fail(code, "no"); }};
}
ingress::handle::behavior_type silent_ingress(ingress::handle::pointer self) {
  return {[self](const ingress::incoming&) -> caf::result<interaction_answer> {
    return self->make_response_promise<interaction_answer>();
  }};
}

discord::rest::behavior_type accepting_rest(discord::rest::pointer) {
  return {[](const discord::call&) { return discord::answer{204, ""}; }};
}

struct options {
  ec code = ec::conflict; ///< Of every answer of the ingress; ec::none: it gives none.
  size_t places = 512;    ///< For interactions in work.
  std::chrono::milliseconds answer_within = api::webhook{}.answer_within;
};

/// The daemon's listeners over an ingress whose every interaction ends alike.
struct fixture {
  explicit fixture(options with = {}) : how(with) {}
  ~fixture() { caf::anon_send_exit(interactions, caf::exit_reason::kill); }

  services available() {
    services out;
    out.provide(&questions);
    out.provide(interactions);
    out.provide(&admission);
    auto reader = std::make_shared<const discord::interactions::signed_endpoint>(discord_key.public_hex());
    out.provide(api::webhook{[reader](const auto& head) { return reader->judge_head(head); },
                             [reader](const auto& request) { return reader->verify(request); },
                             [reader](const auto& request) { return reader->read(request); }, reader->body_bytes_max(),
                             how.answer_within});
    out.provide(api::node_state{.dependencies = [this](auto done) { done(list); },
                                .silent = [this] { return silent; },
                                .accepting = [] { return true; }});
    return out;
  }
  http_response ask(const http_request& r) { return open.ask(r.method, r.target, r.headers, r.body); }
  /// The same interaction by the other way in.
  void click() {
    const auto rest = sys.spawn(accepting_rest);
    const auto events = ingress::gateway_events::start(sys, {interactions, &admission, rest, {}}, {});
    auto what = std::make_shared<interaction>();
    what->kind = interaction_kind::command;
    what->id = snowflake{1};
    what->token = secret{"t"};
    CHECK(questions.ask_and_wait(events, questions.within(std::chrono::seconds{60}),
                                 discord::interaction_created{std::move(what)}));
    caf::anon_send_exit(events, caf::exit_reason::kill);
    caf::anon_send_exit(rest, caf::exit_reason::kill);
  }

  options how;
  caf::actor_system_config config;
  caf::actor_system sys{config};
  arrakis::test::discord_key discord_key;
  std::vector<readiness::dependency> list;
  std::vector<std::string> silent;
  ingress::admission admission{how.places};
  ingress::handle interactions = how.code == ec::none ? sys.spawn(silent_ingress) : sys.spawn(refusing_with, how.code);
  asker questions{sys};
  api::test::served open{api::listener::public_port, available()};
  api::test::served admin{api::listener::admin_port, available()};
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

/// By how much the figures of first answers change while `act` runs; those that stay are left out.
template <class F>
std::map<std::string, double> counted(F act) {
  const auto read = [] {
    std::map<std::string, double> out;
    std::istringstream lines{metrics::exposition()};
    for (std::string line; std::getline(lines, line);)
      for (const auto* name : {"arrakis_ingress_deliveries_total{", "arrakis_interactions_answered_total{",
                               "arrakis_ingress_first_answer_seconds_count"})
        if (line.starts_with(name))
          out[line.substr(0, line.rfind(' '))] = std::stod(line.substr(line.rfind(' ')));
    return out;
  };
  const auto before = read();
  act();
  auto after = read();
  for (const auto& [series, value] : before)
    after[series] -= value;
  std::erase_if(after, [](const auto& x) { return x.second == 0; });
  return after;
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
TEST_CASE("api: a replayed interaction is answered with 409, without a log line each time") {
  fixture replayed, foreign{{.code = ec::refused}};
  const auto play = [](fixture& f, int status) {
    const auto request = f.discord_key.request(onboard);
    for (int i = 0; i < 20; ++i)
      CHECK(f.ask(request).status == status);
  };
  CHECK(logged("interaction.unanswered", [&] { play(replayed, 409); }) == 0);
  CHECK(logged("interaction.unanswered", [&] { play(foreign, 403); }) == 1);
}

TEST_CASE("api: each answer to a signed interaction is one that the description has") {
  fixture f;
  CHECK(f.ask(f.discord_key.request(R"({"id":"1","application_id":"3","type":1,"token":"t","version":1})")).status
        == 200);
  CHECK(f.open.described("POST", "/webhooks/discord") == std::set{200});
  fixture busy{{.code = ec::busy}};
  const auto told = busy.ask(busy.discord_key.request(onboard)); // In words: Discord shows nothing of another status.
  CHECK(told.status == 200);
  auto forged = f.discord_key.request(onboard);
  forged.body += ' ';
  CHECK(f.ask(forged).status == 401);
}

// Negative control: an ingress that never got the interaction is told as "nothing was done".
TEST_CASE("api: a missing answer to a signed interaction is reported as unknown, never as \"nothing was done\"") {
  const auto told = [](options how) {
    fixture f{how};
    const auto answer = f.ask(f.discord_key.request(onboard));
    CHECK(answer.status == 200);
    return answer.body;
  };
  using namespace std::chrono_literals;
  const auto is_unknown = [](const std::string& text) {
    return text.find("may have been done") != text.npos && text.find("nothing was done") == text.npos;
  };
  CHECK(is_unknown(told({.code = ec::none, .answer_within = 50ms})));
  CHECK(is_unknown(told({.code = ec::unknown})));
  for (const auto not_begun : {ec::busy, ec::unavailable, ec::timeout})
    CHECK(told({.code = not_begun}).find("nothing was done") != std::string::npos);
  CHECK(told({.places = 0}).find("nothing was done") != std::string::npos);
}

TEST_CASE("api: first answers are counted alike whichever way the interaction came in") {
  const auto series = [](const char* name, const char* outcome) {
    return fmt::format("arrakis_{}_total{{outcome=\"{}\"}}", name, outcome);
  };
  const auto told = [&](const char* outcome) {
    return std::map<std::string, double>{{series("interactions_answered", outcome), 1},
                                         {series("ingress_deliveries", "answered"), 1},
                                         {"arrakis_ingress_first_answer_seconds_count", 1}};
  };
  const std::map<std::string, double> unanswered{{series("ingress_deliveries", "unanswered"), 1}};
  const auto check = [](options how, const std::map<std::string, double>& expected) {
    CAPTURE(to_string(how.code));
    fixture f{how};
    CHECK(counted([&] { f.ask(f.discord_key.request(onboard)); }) == expected);
    CHECK(counted([&] { f.click(); }) == expected);
  };
  check({.places = 0}, told("busy"));
  check({.code = ec::unavailable}, told("failed"));
  check({.code = ec::unknown}, told("failed"));
  check({.code = ec::conflict}, unanswered);
  check({.code = ec::refused}, unanswered);
}

TEST_CASE("api: a resource whose service is not provided is left out and named, and the listener opens") {
  services without;
  without.provide(api::webhook{});
  CHECK(logged("discord_webhook",
               [&] {
                 api::test::served poor{api::listener::public_port, without};
                 CHECK(poor.ask("POST", "/webhooks/discord").status == 404);
                 CHECK(poor.ask("GET", "/openapi.json").status == 200);
               })
        == 1);
  // Negative control: bound without the guard, the start of the process would end here.
  for (const auto* each : api::all())
    if (each->name == "discord_webhook")
      CHECK_THROWS_AS(each->routes(without), missing_service);
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
  CHECK(logged("interaction.unreadable",
               [&] {
                 for (int i = 0; i < 20; ++i)
                   CHECK(f.ask(request).status == 400);
               })
        == 1);
}
