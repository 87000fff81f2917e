#pragma once
// WebSocket (RFC 6455), both sides; messages of text or binary, no permessage-deflate.
#include "runtime/error.hpp"
#include "runtime/net/tls.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace arrakis::net {
class io;

/// Thread-safe; kept alive by whoever holds it and by the socket itself while it is open.
class websocket {
public:
  virtual ~websocket() = default;
  /// Queued in order. False (and nothing is kept) when more than `outbox_bytes_max` wait or the socket is closed.
  virtual bool send(std::string message, bool binary = false) = 0;
  /// Close handshake with `code` (1000..4999); the socket is cut after `closing` without an answer.
  virtual void close(uint16_t code, std::string reason = {}) = 0;
  /// Drops the TCP connection at once.
  virtual void cut() = 0;
};

/// All run on an io thread; keep them short. `closed` runs once: with the peer's close code, or 1006 without one.
struct websocket_events {
  std::function<void(std::string message, bool binary)> received;
  std::function<void(uint16_t code, std::string reason)> closed;
};
struct websocket_options {
  tls_client tls;
  size_t message_bytes_max = 32 << 20;
  size_t outbox_bytes_max = 64 << 20;
  std::chrono::milliseconds handshake{30'000};
  std::chrono::milliseconds closing{2'000};
};

/// `url`: ws://host:port/path?query or wss://. `opened` runs once with the socket or ec::unavailable / ec::refused.
void connect_websocket(io&, const std::string& url, websocket_options, websocket_events,
                       std::function<void(caf::expected<std::shared_ptr<websocket>>)> opened);
} // namespace arrakis::net
