// GET /health/live: whether this process moves; one that does not is started again by whoever runs it.
#include "actors/api/api.hpp"
#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace arrakis::api::live {
namespace {
constexpr std::string_view schema = R"({
  "type": "object", "required": ["live"], "additionalProperties": false,
  "properties": {"live": {"type": "boolean"}, "silent": {"type": "array", "items": {"type": "string"}}}})";

std::vector<net::router::route> routes(const services& with) {
  net::router::route out{.method = "GET",
                         .path = "/health/live",
                         .summary = "Whether this process moves.",
                         .limits = {.essential = true},
                         .answers = {{200, "It does.", "application/json", schema},
                                     {503, "It does not, and `silent` names what.", "application/json", schema}}};
  out.run = [names = with.get<node_state>().silent](const net::router::call& c) {
    const auto silent = names ? names() : std::vector<std::string>{};
    boost::json::object body{{"live", silent.empty()}};
    if (!silent.empty())
      body["silent"] = boost::json::array(silent.begin(), silent.end());
    c.respond(net::json_response(silent.empty() ? 200 : 503, json::print(body)));
  };
  return {std::move(out)};
}
} // namespace

const resource& definition() {
  static const resource self{.name = "live", .on = listener::admin_port, .routes = routes};
  return self;
}
} // namespace arrakis::api::live
