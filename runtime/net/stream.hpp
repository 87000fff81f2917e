#pragma once
// Private to runtime/net: one byte stream, plain or TLS, over TCP or a Unix socket. It models Asio's AsyncStream, so
// that everything above it is compiled once.
#include "runtime/net/address.hpp"
#include "runtime/net/tls.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace arrakis::net {
namespace asio = boost::asio;
using boost::system::error_code;
using io_done = std::function<void(error_code, size_t)>;

/// A socket with or without TLS.
class stream {
public:
  using executor_type = asio::io_context::executor_type;
  using socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor_type>;
  using tls_stream = asio::ssl::stream<socket>;

  explicit stream(socket s) : way_(std::move(s)) {}
  executor_type get_executor() noexcept { return lowest().get_executor(); }
  socket& lowest() {
    auto* secured = std::get_if<std::unique_ptr<tls_stream>>(&way_);
    return secured ? (*secured)->next_layer() : std::get<socket>(way_);
  }
  bool secured() const { return way_.index() == 1; }
  tls_stream& tls() { return *std::get<std::unique_ptr<tls_stream>>(way_); }

  /// TLS handshake as a client of `host`, whose certificate is verified against that name; or as a server.
  void handshake_client(asio::ssl::context&, const std::string& host, std::function<void(error_code)>);
  void handshake_server(asio::ssl::context&, std::function<void(error_code)>);
  void read_some(char* to, size_t size, io_done);
  void write_all(const char* from, size_t size, io_done);
  /// Closes the socket at once; operations end with operation_aborted. May be called again.
  void close();
  void shutdown_send();
  /// True when the peer has closed, or (without TLS) sent unsolicited bytes. Consumes nothing.
  bool spoiled();
  /// Address of the peer; nothing: a Unix socket, or disconnected.
  std::optional<ip_address> remote();

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (secured())
      tls().async_read_some(buffers, std::forward<Handler>(handler));
    else
      lowest().async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (secured())
      tls().async_write_some(buffers, std::forward<Handler>(handler));
    else
      lowest().async_write_some(buffers, std::forward<Handler>(handler));
  }

private:
  std::variant<socket, std::unique_ptr<tls_stream>> way_;
};

/// TLS context of a client, TLS 1.2 and newer. Throws std::runtime_error naming an unusable file.
std::shared_ptr<asio::ssl::context> client_context(const tls_client&);
/// TLS context of a server, TLS 1.2 and newer. Throws std::runtime_error naming an unusable file.
std::shared_ptr<asio::ssl::context> server_context(const tls_server&);
} // namespace arrakis::net
