#include "actors/http_api/http_api.hpp"

#include "runtime/clock.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/process_metrics.hpp"
#include "runtime/seldom.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace arrakis::http_api {
namespace {

/// Discord gives 3 s from its sending; half a second is for the way.
constexpr std::chrono::milliseconds answer_within{2'500};
constexpr size_t detail_bytes_max = 400;

net::http_response problem(int status, std::string code, std::string message) {
  boost::json::object error{{"code", std::move(code)}, {"message", std::move(message)}};
  return net::json_response(status, json::print(boost::json::object{{"error", std::move(error)}}));
}

bool all_ready(const std::vector<readiness::dependency>& list) {
  return std::ranges::all_of(list, [](const auto& d) { return d.ready; });
}
bool serves(const std::vector<readiness::dependency>& list) {
  return std::ranges::all_of(list, [](const auto& d) { return d.ready || !d.needed; });
}

/// A server may have written it: not all of it, always UTF-8 (JSON is), and nothing that a terminal obeys.
std::string foreign(std::string_view detail) { return std::string{utf8_head(for_terminal(detail), detail_bytes_max)}; }

net::http_response ready(const ports& to, const std::vector<readiness::dependency>& list) {
  const bool accepting = to.accepting();
  boost::json::object states;
  for (const auto& d : list)
    states[d.name] = boost::json::object{{"ready", d.ready}, {"detail", foreign(d.detail)}};
  const bool good = accepting && serves(list);
  boost::json::object body{{"ready", good}, {"draining", !accepting}, {"dependencies", std::move(states)}};
  if (const auto skew = to.skew ? to.skew() : std::nullopt)
    body["clock"] = boost::json::object{{"ahead_of_discord_ms", skew->ahead.count()},
                                        {"uncertainty_ms", skew->uncertainty.count()}};
  return net::json_response(good ? 200 : 503, json::print(body));
}

net::http_response not_alive(std::string_view path, const std::vector<std::string>& silent) {
  const std::string_view what = path == "/health/live" ? "live" : "ready";
  return net::json_response(
    503, json::print(boost::json::object{{what, false}, {"silent", boost::json::array(silent.begin(), silent.end())}}));
}

/// The seed's form: status, timestamp, database, redis, vault. A load balancer restarts what answers 503 here, which
/// mends no signer and brings no token.
net::http_response health(const std::vector<readiness::dependency>& list) {
  boost::json::object body{{"status", all_ready(list) ? "healthy" : "degraded"}, {"timestamp", iso8601(wall_ms())}};
  for (const auto& d : list)
    body[d.name] = d.ready ? "connected" : "disconnected";
  return net::json_response(serves(list) ? 200 : 503, json::print(body));
}

struct shared_state {
  shared_state(asker& asking, ports all) : questions(asking), to(std::move(all)) {}
  asker& questions;
  const ports to;
};
using shared = std::shared_ptr<shared_state>;

/// Discord shows nothing of what an answer other than 200 says.
net::http_response error_to_asker(const interaction& what, const caf::error& e) {
  return net::json_response(200, to_json_text(ingress::error_answer(what, e)));
}

net::http_response unanswered(const interaction& what, const caf::error& e) {
  ingress::record_unanswered(what, e);
  if (code_of(e) == ec::conflict) // Taken before: whoever took it answers.
    return problem(409, "ERR_CONFLICT", "this interaction was taken before");
  if (code_of(e) == ec::refused)
    return problem(403, "ERR_FORBIDDEN", "this interaction is for another application");
  return error_to_asker(what, fail(ec::busy, text_of(e)));
}

void answer_interaction(const shared& here, std::shared_ptr<const interaction> what, net::responder respond) {
  auto admitted = here->to.admission->admit(what);
  if (!admitted)
    return respond(error_to_asker(*what, admitted.error()));
  here->questions.ask(here->to.interactions, here->questions.within(answer_within), std::move(*admitted),
                      [respond, what](const caf::expected<interaction_answer>& first) {
                        if (!first)
                          return respond(unanswered(*what, first.error()));
                        respond(net::json_response(200, to_json_text(*first)));
                        ingress::record_delivery(*what, ingress::delivery::answered);
                      });
}

void discord_webhook(const shared& here, const net::http_request& request, net::responder respond) {
  auto seen = here->to.webhook->handle(request);
  if (auto* refused = std::get_if<net::http_response>(&seen))
    return respond(std::move(*refused));
  answer_interaction(here, std::make_shared<const interaction>(std::get<interaction>(std::move(seen))), respond);
}

constexpr std::string_view webhook_path = "/webhooks/discord";
constexpr std::array<std::string_view, 4> pages{"/health", "/health/live", "/health/ready", "/metrics"};

/// As it was sent: a proxy's rule about /metrics must not meet another spelling that is served here.
std::string_view path_of(const net::http_request& request) {
  const std::string_view target{request.target};
  return target.substr(0, target.find_first_of("?#"));
}

net::http_response not_found() {
  return problem(404, "ERR_NOT_FOUND",
                 "no such page; /health, /health/live, /health/ready, /metrics, /webhooks/discord");
}
net::http_response only_get() {
  auto out = problem(405, "ERR_INVALID_INPUT", "GET and HEAD only");
  out.headers.emplace_back("Allow", "GET, HEAD"); // RFC 9110 15.5.6
  return out;
}

/// What can be said to a request before its body is there. What is let in reads a page (GET, and HEAD, which the server
/// answers without the body), or is a webhook that may be Discord's.
net::admission admit(const shared_state& here, const net::http_request& head) {
  metrics::count("http_requests_total", "HTTP requests at the door.", 1);
  const auto path = path_of(head);
  if (path == webhook_path && !here.to.webhook)
    return {
      .answer = problem(404, "ERR_NOT_FOUND", "signed interactions are off; set discord.public_key to open this door")};
  if (path == webhook_path)
    return {.body_bytes_max = here.to.webhook->body_bytes_max, .answer = here.to.webhook->judge_head(head)};
  if (std::ranges::find(pages, path) == pages.end())
    return {.answer = not_found()};
  if (head.method != "GET" && head.method != "HEAD")
    return {.answer = only_get()};
  return {.body_bytes_max = 0, .essential = true};
}

void route(const shared& here, net::http_request request, net::responder respond) {
  const auto path = path_of(request);
  if (path == webhook_path)
    return discord_webhook(here, request, respond);
  if (path == "/health/live" || path == "/health/ready")
    if (const auto silent = here->to.silent ? here->to.silent() : std::vector<std::string>{}; !silent.empty())
      return respond(not_alive(path, silent)); // What does not beat would not answer about readiness either.
  if (path == "/health/live")
    return respond(net::json_response(200, R"({"live":true})"));
  if (path == "/health/ready")
    return here->to.dependencies([here, respond](const auto& list) { respond(ready(here->to, list)); });
  if (path == "/health")
    return here->to.dependencies([respond](const auto& list) { respond(health(list)); });
  if (path == "/metrics") {
    metrics::update_process();
    return respond({200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics::exposition()});
  }
  respond(not_found());
}
} // namespace

endpoints routes(asker& questions, ports to) {
  auto here = std::make_shared<shared_state>(questions, std::move(to));
  return {
    [here](net::http_request request, net::responder respond) { route(here, std::move(request), std::move(respond)); },
    [here](const net::http_request& head) { return admit(*here, head); }};
}
} // namespace arrakis::http_api
