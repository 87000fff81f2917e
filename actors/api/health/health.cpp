// GET /health: what anybody may know of this service.
#include "actors/api/api.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

namespace arrakis::api::health {
namespace {
constexpr std::string_view schema = R"({
  "type": "object", "required": ["status", "timestamp"], "additionalProperties": false,
  "properties": {"status": {"enum": ["healthy", "degraded"]},
                 "timestamp": {"type": "string", "format": "date-time"}}})";

std::vector<net::router::route> routes(const services& with) {
  net::router::route out{.method = "GET",
                         .path = "/health",
                         .summary = "Whether the service is healthy.",
                         .limits = {.essential = true},
                         .answers = {{200, "It serves; degraded: not all of it.", "application/json", schema},
                                     {503, "Something that it needs does not answer.", "application/json", schema}}};
  out.run = [ask = with.get<node_state>().dependencies](const net::router::call& c) {
    ask([respond = c.respond](const std::vector<readiness::dependency>& list) {
      const bool good = std::ranges::all_of(list, &readiness::dependency::ready);
      // A load balancer restarts what answers 503 here, which mends no signer and brings no token.
      const bool serves = std::ranges::all_of(list, [](const auto& d) { return d.ready || !d.needed; });
      const boost::json::object body{{"status", good ? "healthy" : "degraded"}, {"timestamp", iso8601(wall_ms())}};
      respond(net::json_response(serves ? 200 : 503, json::print(body)));
    });
  };
  return {std::move(out)};
}
} // namespace

const resource& definition() {
  static const resource self{.name = "health", .on = listener::public_port, .routes = routes};
  return self;
}
} // namespace arrakis::api::health
