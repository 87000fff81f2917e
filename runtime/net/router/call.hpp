#pragma once
// One request on its way to a handler, and the way back.
#include "runtime/deadline.hpp"
#include "runtime/net/http_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace arrakis::net::router {
struct route;
struct exchange;

/// Identity of the client, as an authenticator established it.
struct identity {
  std::string subject; ///< Opaque: a key's id, a user's id. Empty: anonymous.
  std::vector<std::string> permissions;
};

/// Sender of the response to one request: call it once, from any thread; further calls are ignored. If it is never
/// called, the client gets 503.
class responder {
public:
  explicit responder(std::shared_ptr<exchange> of) : of_(std::move(of)) {}
  void operator()(http_response) const;
  /// Sends a streamed response, as net::responder::stream.
  void stream(http_response head, stream_options, std::function<void(body_stream)> opened) const;
  void upgrade(websocket_options, websocket_events, std::function<void(std::shared_ptr<websocket>)> opened) const;
  void cut() const;

private:
  std::shared_ptr<exchange> of_;
};

/// A request as a route's handler receives it.
struct call {
  http_request request;
  const router::route* route = nullptr; ///< Lives as long as the listener.
  bool path_exists = true;              ///< False in a fallback: no route has this path, whatever the method.
  std::vector<std::string> parameters;  ///< Parameters of the path, in its order, percent-decoded.
  identity who;
  std::string request_id;
  deadline until; ///< A later answer is dropped.
  responder respond;
};

} // namespace arrakis::net::router
