#pragma once
// HTTP/1.1 server over TCP, TLS or a Unix socket; upgrades to WebSocket.
#include "runtime/error.hpp"
#include "runtime/net/address.hpp"
#include "runtime/net/http.hpp"
#include "runtime/net/tls.hpp"
#include "runtime/net/websocket.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace arrakis::net {
class io;

/// Streamed body of a response, sent in pieces from any thread. Copies refer to the same stream.
class body_stream {
public:
  struct impl;
  explicit body_stream(std::shared_ptr<impl> i) : impl_(std::move(i)) {}
  /// Sends a piece. False: the client has disconnected, or too many bytes are unsent.
  bool send(std::string piece) const;
  /// Ends the body; the connection closes after the client has received all of it.
  void finish() const;

private:
  std::shared_ptr<impl> impl_;
};

/// Settings of a streamed body.
struct stream_options {
  /// Limit of unsent bytes. A client with more is disconnected and counted in arrakis_http_refused_total with reason
  /// output_bytes; so is one that accepts no byte of a piece within http_server_options::answer.
  size_t bytes_max = 1 << 20;
  /// Called once, on the io thread, when the client has gone or the server stops. Not after finish().
  std::function<void()> closed;
};

/// Sender of the response to one request: call it once, from any thread; further calls are ignored. If it is never
/// called, the server sends 503. Every response has a Date (RFC 9110 6.6.1), its own or the server's.
class responder {
public:
  struct impl;
  /// Null: drops the answer.
  explicit responder(std::shared_ptr<impl> i) : impl_(std::move(i)) {}
  void operator()(http_response) const;
  /// Accepts the upgrade: `opened` runs on the io thread with the open socket. Answers 400 if it was no upgrade
  /// request.
  void upgrade(websocket_options, websocket_events, std::function<void(std::shared_ptr<websocket>)> opened) const;
  /// Sends a head whose body follows in pieces: chunked, or up to the connection's end for HTTP/1.0. `opened` runs on
  /// the io thread, unless the request has ended by then; then stream_options::closed does not run either.
  void stream(http_response head, stream_options, std::function<void(body_stream)> opened) const;
  /// Closes the connection without a response (fault injection in the sandbox).
  void cut() const;

private:
  std::shared_ptr<impl> impl_;
};

/// Decision on a request by its head, before its body is read.
struct admission {
  size_t body_bytes_max = SIZE_MAX;    ///< A larger body: 413. The limit of the server holds as well.
  bool essential = false;              ///< Served while others fill the listener: health, metrics.
  std::optional<http_response> answer; ///< The request ends with it; the handler never sees it.
  /// Lowers http_server_options::answer for this request.
  std::chrono::milliseconds answer_within{std::chrono::milliseconds::max()};
  /// Handles the request instead of the server's handler, under the same conditions.
  std::function<void(http_request, responder)> handle;
};

/// Settings of a server.
struct http_server_options {
  std::string address = "127.0.0.1"; ///< An IP address, or unix:/path (created 0600).
  uint16_t port = 0;                 ///< 0: the system picks one, see http_server::port().
  bool same_user_only = false;       ///< Unix socket only: closes connections of users other than this one and root.
  std::optional<tls_server> tls;
  size_t body_bytes_max = 1 << 20;    ///< Larger: 413, without reading it.
  size_t header_bytes_max = 16 << 10; ///< Larger: 431; a request line alone: 414.
  /// Limit of connections. Further ones replace the longest idle one, then the longest half-sent one. If all are busy,
  /// they get 503; essential requests are served on a few reserve connections.
  size_t connections_max = 4096;
  /// Limit of connections of one peer: an IPv4 address, or a /64 of IPv6; further ones get 429. For clients behind a
  /// trusted proxy it limits concurrent requests. Unix sockets have no such limit.
  size_t connections_per_peer_max = SIZE_MAX;
  /// Limits of buffered request bytes (beyond the first 8 KiB of each request) until the handler returns: in total (the
  /// longest half-sent request is dropped, else 503) and of one peer (429). The limit of a peer also covers unread
  /// responses.
  size_t input_bytes_max = SIZE_MAX;
  size_t input_bytes_per_peer_max = SIZE_MAX;
  /// Proxies whose X-Forwarded-For is believed, see forwarded_peer(); their connections have no limit per
  /// peer.
  std::vector<network> trusted_proxies;
  /// Runs on an io thread, under the handler's conditions. Empty: every request is admitted.
  std::function<admission(const http_request& head)> admit;
  std::chrono::milliseconds read{10'000};   ///< A request must be complete within it: 408.
  std::chrono::milliseconds idle{60'000};   ///< Keep-alive without a request.
  std::chrono::milliseconds answer{30'000}; ///< A handler that does not answer: 503.
};

/// A listening server.
class http_server {
public:
  struct impl;
  /// Runs on an io thread and must not block.
  using handler = std::function<void(http_request, responder)>;
  /// Binds and listens at once. Throws std::runtime_error naming the address and what to do when it is in use.
  http_server(io&, http_server_options, handler);
  ~http_server();
  uint16_t port() const;
  /// Reads the files of http_server_options::tls again, for new connections; open ones are not affected. From any
  /// thread. Invalid files, or ones that do not match, change nothing; the error names them.
  caf::error reread_certificates();
  /// Stops accepting, lets requests in flight end within `grace`, then closes. Must not be called in a handler.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds{0});

private:
  std::shared_ptr<impl> impl_;
};
} // namespace arrakis::net
