#pragma once
// Keep-alive HTTP/1.1 client over plain TCP, TLS and (http+unix) sockets. Thread-safe.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/net/http.hpp"
#include "runtime/net/tls.hpp"

#include <functional>
#include <memory>

namespace arrakis::net {
class io;

/// Settings of a client.
struct http_client_options {
  tls_client tls;
  size_t body_bytes_max = 8 << 20; ///< An answer above it fails with ec::corrupt.
  size_t header_bytes_max = 64 << 10;
  size_t connections_per_host_max = 64; ///< Further calls wait in order, up to `waiting_max`, then ec::busy.
  size_t waiting_max = 10'000;
  std::chrono::milliseconds idle{30'000};
};

/// The client, with a pool of connections for each host.
class http_client {
public:
  using done = std::function<void(caf::expected<http_response>)>;
  explicit http_client(io&, http_client_options = {});
  ~http_client(); ///< Open calls end with ec::unavailable or ec::unknown.
  /// `url` is scheme, host and port ("http://127.0.0.1:8080", "https://discord.com"); `request.target` the path.
  /// `done` runs once, on an io thread. Errors: ec::unavailable (nothing was sent), ec::unknown (sent, no whole
  /// answer), ec::timeout (deadline before sending), ec::busy, ec::corrupt. A call is never repeated by the client,
  /// except on a kept-alive connection that was closed before any byte of the request left.
  /// The returned function cancels the call, from any thread and at any time: it ends as at its deadline. One that
  /// waits or connects gets ec::timeout; of one that was sent the connection is closed, and it gets ec::unknown.
  std::function<void()> send(const std::string& url, http_request request, deadline until, done);
  /// Reads the CA file, or the system's store, anew; later connections are verified with the new certificates.
  /// An unreadable file keeps the previous ones.
  void reread_certificates();

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};
} // namespace arrakis::net
