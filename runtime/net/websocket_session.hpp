#pragma once
// Private to runtime/net: the server's half of an upgrade.
#include "runtime/net/http.hpp"
#include "runtime/net/stream.hpp"
#include "runtime/net/websocket.hpp"

namespace arrakis::net {
/// True when `request` is a valid upgrade to WebSocket (RFC 6455 4.2.1).
bool asks_for_websocket(const http_request& request);
/// Answers the upgrade request on `on`. `opened` runs with the socket, unless the handshake fails. `place` is held
/// while it is open.
void accept_websocket(stream on, const http_request& request, websocket_options, websocket_events,
                      std::shared_ptr<void> place, std::function<void(std::shared_ptr<websocket>)> opened);
} // namespace arrakis::net
