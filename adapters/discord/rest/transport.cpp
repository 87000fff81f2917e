#include "adapters/discord/rest/rest.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/url.hpp"

namespace arrakis::discord {

transport over(net::http_client& client, std::string url) {
  // A path of the address stands before that of each call.
  std::string path;
  if (const auto parsed = arrakis::url::parse(url, "http https")) {
    path = parsed->target().reveal();
    path.resize(path.find_last_not_of('/') + 1);
    url = parsed->origin();
  }
  return [&client, url = std::move(url), path = std::move(path)](net::http_request request, deadline until, auto done) {
    request.target.insert(0, path);
    client.send(url, std::move(request), until, std::move(done));
  };
}

} // namespace arrakis::discord
