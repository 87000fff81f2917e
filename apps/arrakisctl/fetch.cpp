#include "apps/arrakisctl/fetch.hpp"

#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"
#include "runtime/url.hpp"

#include <future>

namespace arrakis::ctl {
caf::expected<net::http_response> fetch(const std::string& url, net::http_request request,
                                        std::chrono::milliseconds patience) {
  net::io io;
  net::http_client client{io};
  const auto result = std::make_shared<std::promise<caf::expected<net::http_response>>>();
  auto arrived = result->get_future();
  const auto base = base_of(url);
  request.target.insert(0, base.path);
  client.send(base.origin, std::move(request), {std::chrono::steady_clock::now() + patience},
              [result](caf::expected<net::http_response> got) { result->set_value(std::move(got)); });
  return arrived.get();
}
} // namespace arrakis::ctl
