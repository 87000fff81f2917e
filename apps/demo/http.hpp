#pragma once
// Blocking HTTP client for the demo and the system tests.
#include "runtime/error.hpp"

#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace arrakis::net {
class io;
class http_client;
struct http_request;
} // namespace arrakis::net

namespace arrakis::demo {

/// A response: status, text, and the JSON body.
struct answered {
  int status = 0;
  std::string text;
  boost::json::value body;
}; ///< body: null when it is no JSON.

/// A blocking HTTP client.
class http {
public:
  explicit http(net::io&);
  ~http();
  /// Sends a request with a JSON body (null: none). Errors are those of net::http_client::send.
  caf::expected<answered> call(const std::string& url, const std::string& method, const std::string& path,
                               const boost::json::value& body = {},
                               std::chrono::milliseconds patience = std::chrono::seconds{30});
  /// Sends a request as it is. Errors are those of net::http_client::send.
  caf::expected<answered> send(const std::string& url, net::http_request request,
                               std::chrono::milliseconds patience = std::chrono::seconds{30});

private:
  std::unique_ptr<net::http_client> client_;
};

/// Sleeps for `wait`, so that other processes can run.
void breathe(std::chrono::milliseconds wait = std::chrono::milliseconds{20});

/// Calls `ready` every `every` until it returns true or `patience` has passed. Returns true if `ready` did.
template <class F>
bool eventually(F ready, std::chrono::milliseconds patience,
                std::chrono::milliseconds every = std::chrono::milliseconds{20}) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!ready()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    breathe(every);
  }
  return true;
}
} // namespace arrakis::demo
