#pragma once
// Private to runtime/net: from a URL to a connected (and, for https and wss, verified) stream.
#include "runtime/net/stream.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace arrakis::net {
/// Parts of a URL that a client connects to.
struct endpoint {
  bool tls = false;
  std::string host; ///< Without brackets.
  std::string port;
  std::string unix_path; ///< Path of http+unix:/path; host and port are empty then.
  std::string authority; ///< For the Host header: the port only where it is not the scheme's own.
  std::string target;    ///< Path and query; "/" when absent.
};
/// Parses a URL of http, https, ws, wss or http+unix. Empty: malformed, another scheme, or with user information.
std::optional<endpoint> parse_url(std::string_view url);

/// A connection attempt.
class dialing {
public:
  virtual ~dialing() = default;
  /// Cancels the attempt; `done` is not called.
  virtual void cancel() = 0;
};
using dialed = std::function<void(std::unique_ptr<stream>, std::string why_not)>;
/// Connects to the host, trying its addresses in order. `done` runs once on the context, unless cancelled; without a
/// stream, `why_not` is a sentence. `context` is needed for TLS only.
std::shared_ptr<dialing> dial(asio::io_context&, const endpoint&, std::shared_ptr<asio::ssl::context> context,
                              dialed done);
} // namespace arrakis::net
