// GET /health/ready: whether this process should be sent work, and each thing that it needs.
#include "actors/api/api.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace arrakis::api::ready {
namespace {
constexpr size_t detail_bytes_max = 400;

constexpr std::string_view schema = R"({
  "type": "object", "required": ["ready"], "additionalProperties": false,
  "properties": {
    "ready": {"type": "boolean"}, "draining": {"type": "boolean"},
    "silent": {"type": "array", "items": {"type": "string"}},
    "dependencies": {"type": "object", "additionalProperties": {
      "type": "object", "required": ["ready", "detail"], "additionalProperties": false,
      "properties": {"ready": {"type": "boolean"}, "detail": {"type": "string"}}}},
    "clock": {"type": "object", "required": ["ahead_of_discord_ms", "uncertainty_ms"],
      "properties": {"ahead_of_discord_ms": {"type": "integer"}, "uncertainty_ms": {"type": "integer"}}}}})";

/// A server may have written it: not all of it, always UTF-8 (JSON is), and nothing that a terminal obeys.
std::string foreign(std::string_view detail) { return std::string{utf8_head(for_terminal(detail), detail_bytes_max)}; }

net::http_response answer(const node_state& node, const std::vector<readiness::dependency>& list) {
  const bool accepting = node.accepting();
  boost::json::object states;
  for (const auto& d : list)
    states[d.name] = boost::json::object{{"ready", d.ready}, {"detail", foreign(d.detail)}};
  const bool good = accepting && std::ranges::all_of(list, [](const auto& d) { return d.ready || !d.needed; });
  boost::json::object body{{"ready", good}, {"draining", !accepting}, {"dependencies", std::move(states)}};
  if (const auto skew = node.skew ? node.skew() : std::nullopt)
    body["clock"] = boost::json::object{{"ahead_of_discord_ms", skew->ahead.count()},
                                        {"uncertainty_ms", skew->uncertainty.count()}};
  return net::json_response(good ? 200 : 503, json::print(body));
}

net::http_response not_alive(const std::vector<std::string>& silent) {
  return net::json_response(503, json::print(boost::json::object{
                                   {"ready", false}, {"silent", boost::json::array(silent.begin(), silent.end())}}));
}

std::vector<net::router::route> routes(const services& with) {
  net::router::route out{.method = "GET",
                         .path = "/health/ready",
                         .summary = "Whether this process should be sent work, and each thing that it needs.",
                         .limits = {.essential = true},
                         .answers = {{200, "It is ready.", "application/json", schema},
                                     {503, "It is not, or it drains.", "application/json", schema}}};
  out.run = [node = with.get<node_state>()](const net::router::call& c) {
    if (const auto silent = node.silent ? node.silent() : std::vector<std::string>{}; !silent.empty())
      return c.respond(not_alive(silent)); // A thread without a beat would not answer about readiness either.
    node.dependencies([node, respond = c.respond](const auto& list) { respond(answer(node, list)); });
  };
  return {std::move(out)};
}
} // namespace

const resource& definition() {
  static const resource self{.name = "ready", .on = listener::admin_port, .routes = routes};
  return self;
}
} // namespace arrakis::api::ready
