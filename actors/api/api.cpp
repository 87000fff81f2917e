#include "actors/api/api.hpp"

#include "runtime/net/router/openapi.hpp"

#include <algorithm>
#include <iterator>

namespace arrakis::api {
namespace router = net::router;

namespace {
struct bound_resource {
  std::vector<router::route> routes;
  std::vector<router::authenticator> proofs;
};
} // namespace

std::function<net::admission(const net::http_request& head)> serve(const std::vector<const resource*>& resources,
                                                                   listener on, const services& with,
                                                                   std::string version) {
  std::vector<router::route> routes;
  std::vector<router::authenticator> proofs;
  for (const auto* each : resources) {
    if (each->on != on)
      continue;
    auto bound = if_provided("resource", each->name, [&] {
      return bound_resource{each->routes(with),
                            each->authenticators ? each->authenticators(with) : std::vector<router::authenticator>{}};
    });
    if (!bound)
      continue;
    std::ranges::move(bound->routes, std::back_inserter(routes));
    std::ranges::move(bound->proofs, std::back_inserter(proofs));
  }
  const auto* title = on == listener::public_port ? "Arrakis" : "Arrakis, for its operator";
  routes.push_back(router::openapi_route(routes, proofs, {title, std::move(version)}));
  const auto table = std::make_shared<const router::table>(std::move(routes));
  return router::serve(table, router::standard_chain(table, {.authenticators = std::move(proofs), .rate_limit = {}}));
}
} // namespace arrakis::api
