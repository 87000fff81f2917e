#include "apps/arrakisd/door.hpp"

#include "adapters/discord/interactions/door.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <caf/event_based_actor.hpp>

namespace arrakis::door {
namespace {

/// Discord gives 3 s from its sending; half a second is for the way.
constexpr std::chrono::milliseconds answer_within{2'500};

net::http_response problem(int status, std::string code, std::string message) {
  boost::json::object error{{"code", std::move(code)}, {"message", std::move(message)}};
  return net::json_response(status, json::print(boost::json::object{{"error", std::move(error)}}));
}

bool all_ready(const std::vector<dependency>& list) {
  return std::all_of(list.begin(), list.end(), [](const auto& d) { return d.ready; });
}

net::http_response ready(const ports& to, const std::vector<dependency>& list) {
  const bool accepting = to.accepting();
  boost::json::object states;
  for (const auto& d : list)
    states[d.name] = boost::json::object{{"ready", d.ready}, {"detail", d.detail}};
  const bool good = accepting && all_ready(list);
  boost::json::object body{{"ready", good}, {"draining", !accepting}, {"dependencies", std::move(states)}};
  return net::json_response(good ? 200 : 503, json::print(body));
}

/// The seed's form: status, timestamp, database, redis, vault.
net::http_response health(const std::vector<dependency>& list) {
  boost::json::object body{{"status", all_ready(list) ? "healthy" : "degraded"}, {"timestamp", iso8601(wall_ms())}};
  for (const auto& d : list)
    body[d.name] = d.ready ? "connected" : "disconnected";
  return net::json_response(all_ready(list) ? 200 : 503, json::print(body));
}

/// One interaction on its way: an actor of its own, ended by its answer.
void answer_interaction(caf::actor_system& sys, const interactions::handle& to, std::shared_ptr<const interaction> what,
                        net::responder respond) {
  sys.spawn([to, what, respond](caf::event_based_actor* self) {
    self->request(to, caf::duration{answer_within}, interactions::incoming{what})
      .then([respond](const interaction_answer& first) { respond(net::json_response(200, to_json_text(first))); },
            [respond, what](const caf::error& e) {
              log::warn("interaction_unanswered", {{"request", what->id.text()}, {"error", text_of(e)}});
              respond(problem(503, "ERR_SERVICE_DEGRADED", "busy, try again"));
            });
  });
}

/// The ports, and the verifier of signed interactions where a key is configured.
struct open_ports {
  ports to;
  std::optional<discord::interactions::door> signed_door;
};

void discord_webhook(caf::actor_system& sys, const open_ports& here, const net::http_request& request,
                     net::responder respond) {
  if (!here.signed_door)
    return respond(
      problem(404, "ERR_NOT_FOUND", "signed interactions are off; set discord.public_key to open this door"));
  auto seen = here.signed_door->handle(request);
  if (auto* refused = std::get_if<net::http_response>(&seen))
    return respond(std::move(*refused));
  answer_interaction(sys, here.to.interactions,
                     std::make_shared<const interaction>(std::get<interaction>(std::move(seen))), respond);
}

void route(caf::actor_system& sys, const std::shared_ptr<const open_ports>& here, net::http_request request,
           net::responder respond) {
  const auto path = net::path_of(request.target);
  if (path == "/webhooks/discord")
    return discord_webhook(sys, *here, request, respond);
  if (request.method != "GET")
    return respond(problem(405, "ERR_INVALID_INPUT", "GET only"));
  if (path == "/health/live")
    return respond(net::json_response(200, R"({"live":true})"));
  if (path == "/health/ready")
    return here->to.dependencies([here, respond](const auto& list) { respond(ready(here->to, list)); });
  if (path == "/health")
    return here->to.dependencies([respond](const auto& list) { respond(health(list)); });
  if (path == "/metrics")
    return respond({200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics::exposition()});
  respond(
    problem(404, "ERR_NOT_FOUND", "no such page; /health, /health/live, /health/ready, /metrics, /webhooks/discord"));
}
} // namespace

net::http_server::handler routes(caf::actor_system& sys, ports to) {
  std::optional<discord::interactions::door> signed_door;
  if (!to.public_key.empty())
    signed_door.emplace(to.public_key);
  auto shared = std::make_shared<const open_ports>(open_ports{std::move(to), std::move(signed_door)});
  return [&sys, shared](net::http_request request, net::responder respond) {
    metrics::count("http_requests_total", "HTTP requests at the door.", 1);
    route(sys, shared, std::move(request), std::move(respond));
  };
}
} // namespace arrakis::door
