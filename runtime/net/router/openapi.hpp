#pragma once
// The description of a listener's routes: OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0
#include "runtime/net/router/middleware.hpp"

namespace arrakis::net::router {

/// Title and version of an API.
struct description {
  std::string title, version;
};
/// OpenAPI document as JSON text. Throws std::runtime_error that names a route whose schema is not JSON.
std::string openapi(const std::vector<route>&, const std::vector<authenticator>&, const description&);

/// Route GET /openapi.json: the document of these routes and of itself. Append it before the table is built.
route openapi_route(const std::vector<route>&, const std::vector<authenticator>&, const description&);

} // namespace arrakis::net::router
