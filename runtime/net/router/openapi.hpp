#pragma once
// The description of a listener's routes: OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0
#include "runtime/net/router/middleware.hpp"

namespace arrakis::net::router {

/// Title and version of an API.
struct description {
  std::string title, version;
};
/// The document as JSON text. Throws std::runtime_error that names the route whose schema is no JSON.
std::string openapi(const std::vector<route>&, const std::vector<authenticator>&, const description&);

/// GET /openapi.json: the description of these routes and of itself. Append it before the table is made.
route openapi_route(const std::vector<route>&, const std::vector<authenticator>&, const description&);

} // namespace arrakis::net::router
