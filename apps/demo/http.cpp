#include "apps/demo/http.hpp"

#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"

#include <future>
#include <poll.h>

namespace arrakis::demo {

http::http(net::io& io) : client_(std::make_unique<net::http_client>(io)) {}
http::~http() = default;

caf::expected<answered> http::call(const std::string& url, const std::string& method, const std::string& path,
                                   const boost::json::value& body, std::chrono::milliseconds patience) {
  net::http_request request{method, path, {}, {}, {}};
  if (!body.is_null()) {
    request.body = json::print(body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  return send(url, std::move(request), patience);
}

caf::expected<answered> http::send(const std::string& url, net::http_request request,
                                   std::chrono::milliseconds patience) {
  auto result = std::make_shared<std::promise<caf::expected<net::http_response>>>();
  auto future = result->get_future();
  client_->send(url, std::move(request), {std::chrono::steady_clock::now() + patience},
                [result](caf::expected<net::http_response> got) { result->set_value(std::move(got)); });
  auto got = future.get();
  if (!got)
    return got.error();
  answered a{got->status, std::move(got->body), {}};
  if (auto parsed = json::parse(a.text, {.bytes_max = 64u << 20, .depth_max = 64}))
    a.body = std::move(*parsed);
  return a;
}

void breathe(std::chrono::milliseconds wait) { ::poll(nullptr, 0, static_cast<int>(wait.count())); }

} // namespace arrakis::demo
