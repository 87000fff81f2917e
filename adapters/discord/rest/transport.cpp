#include "adapters/discord/rest/rest.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/url.hpp"

namespace arrakis::discord {

transport over(net::http_client& client, std::string url) {
  auto base = base_of(url); // The address's path precedes that of each call.
  return [&client, base = std::move(base)](net::http_request request, deadline until, auto done) {
    if (request.private_target.empty())
      request.target.insert(0, base.path);
    else
      request.private_target = secret::concat(base.path, request.private_target);
    client.send(base.origin, std::move(request), until, std::move(done));
  };
}

} // namespace arrakis::discord
