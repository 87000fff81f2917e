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

/// Streamed body of an answer, sent piece by piece from any thread. Copies refer to the same stream.
class body_stream {
public:
  struct impl;
  explicit body_stream(std::shared_ptr<impl> i) : impl_(std::move(i)) {}
  /// Sends a piece. False: the reader has gone, or too many bytes wait.
  bool send(std::string piece) const;
  /// Ends the body; the connection closes when the reader has all of it.
  void finish() const;

private:
  std::shared_ptr<impl> impl_;
};

/// Settings of a streamed body.
struct stream_options {
  /// Bytes that the reader has not taken yet. With more it is cut, and counted in arrakis_http_refused_total with the
  /// reason output_bytes; so is one that takes nothing of a piece within http_server_options::answer.
  size_t bytes_max = 1 << 20;
  /// Once, on the io thread: the reader has left or was cut, or the server stops. Not after finish().
  std::function<void()> closed;
};

/// The answer to one request, from any thread, once; a second call is ignored. Without a call the server answers 503.
/// Every answer has a Date (RFC 9110 6.6.1): its own, or the server's.
class responder {
public:
  struct impl;
  /// Null: drops the answer.
  explicit responder(std::shared_ptr<impl> i) : impl_(std::move(i)) {}
  void operator()(http_response) const;
  /// Accepts the upgrade: `opened` runs on the io thread with the open socket. Answers 400 if it was no upgrade
  /// request.
  void upgrade(websocket_options, websocket_events, std::function<void(std::shared_ptr<websocket>)> opened) const;
  /// Answers with a head whose body follows: chunked, or until the end of the connection to HTTP/1.0. `opened` runs on
  /// the io thread; it does not where the request is over by then, and neither does stream_options::closed.
  void stream(http_response head, stream_options, std::function<void(body_stream)> opened) const;
  /// Drops the connection without an answer (fault injection in the sandbox).
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
  /// Takes the request instead of the server's handler, on its terms.
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
  /// Further ones take the place of what has been idle longest, then of what has been half sent longest. Where all are
  /// busy they get 503; essential requests are served on a few connections beyond.
  size_t connections_max = 4096;
  /// Limit of one peer: an IPv4 address, or a /64 of IPv6. Further ones get 429. Behind a trusted proxy it bounds the
  /// requests at once. Unix sockets have no such bound.
  size_t connections_per_peer_max = SIZE_MAX;
  /// Bytes of requests that the handler has not returned from yet, as far as a request has more than 8 KiB of them: in
  /// all (what is half sent longest makes room, else 503) and of one peer (429). The latter also bounds answers that a
  /// peer does not read.
  size_t input_bytes_max = SIZE_MAX;
  size_t input_bytes_per_peer_max = SIZE_MAX;
  /// Only for connections from these X-Forwarded-For names the peer, see forwarded_peer(); and theirs are not bounded
  /// per peer.
  std::vector<network> trusted_proxies;
  /// Runs on an io thread, as the handler does, and on its terms. Empty: every request is admitted.
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
  /// Reads the files of http_server_options::tls anew, for connections from now on; open ones go on as they are. From
  /// any thread. Files that cannot be used, or are no pair, change nothing: the error names them.
  caf::error reread_certificates();
  /// Not from inside the handler. Stops accepting, lets requests in flight end within `grace`, then cuts.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds{0});

private:
  std::shared_ptr<impl> impl_;
};
} // namespace arrakis::net
