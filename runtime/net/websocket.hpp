#pragma once
// WebSocket (RFC 6455), both sides; messages of text or binary, no permessage-deflate.
#include "runtime/error.hpp"
#include "runtime/net/tls.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::net {
class io;

/// A WebSocket. Thread-safe; it lives while a handle exists, and while it is open.
class websocket {
public:
  virtual ~websocket() = default;
  /// Queues a message. False (not queued) when more than `outbox_bytes_max` wait or the socket is closed.
  virtual bool send(std::string message, bool binary = false) = 0;
  /// Close handshake with `code` (1000..4999); the socket is cut after `closing` without an answer.
  virtual void close(uint16_t code, std::string reason = {}) = 0;
  /// Drops the TCP connection at once.
  virtual void cut() = 0;
};

/// A received message.
struct websocket_message {
  /// Readable bytes behind a message of a batch; their values are undefined.
  static constexpr size_t slack = 64;
  std::string_view bytes;
  bool binary = false;
};
/// All complete messages of one read, in order.
struct websocket_batch {
  std::vector<websocket_message> messages;
  std::vector<std::unique_ptr<char[]>> blocks; ///< Storage of the messages.
  /// Token of an unfinished batch: its bytes count against `unread_bytes_max` while it exists. It may outlive the batch
  /// and be released on any thread.
  std::shared_ptr<void> unread;
};

/// Callbacks of a WebSocket, on an io thread; they must be short. `closed` runs once: with the peer's close code, or
/// 1006 without one. After our close() or cut() no more messages arrive.
struct websocket_events {
  std::function<void(std::string message, bool binary)> received;
  std::function<void(uint16_t code, std::string reason)> closed;
  std::function<void(std::shared_ptr<websocket_batch>)> batch; ///< When set, instead of `received`.
};
/// Settings of a socket.
struct websocket_options {
  tls_client tls;
  size_t message_bytes_max = 32 << 20;
  size_t outbox_bytes_max = 64 << 20;
  /// Limit of bytes in unfinished batches. Above it reading pauses until half is released; TCP throttles the peer.
  size_t unread_bytes_max = 4 << 20;
  size_t fragment_bytes = 0; ///< Frame size limit of sent messages; 0: one frame.
  std::chrono::milliseconds handshake{30'000};
  std::chrono::milliseconds closing{2'000};
};

/// Connects to ws://host:port/path?query or wss://. `opened` runs once: socket, ec::unavailable or ec::refused.
void connect_websocket(io&, const std::string& url, websocket_options, websocket_events,
                       std::function<void(caf::expected<std::shared_ptr<websocket>>)> opened);
} // namespace arrakis::net
