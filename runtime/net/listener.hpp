#pragma once
// Private to runtime/net: a listening TCP or Unix socket.
#include "runtime/log_rate_limit.hpp"
#include "runtime/net/stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace arrakis::net {
/// A listening socket.
class listener : public std::enable_shared_from_this<listener> {
public:
  /// Returns whether the next one may come at once; else others have their turn first.
  using accepted = std::function<bool(stream::socket)>;
  using next_context = std::function<asio::io_context&()>;
  /// `address`: an IP address or unix:/path. Throws std::runtime_error that says what to do.
  listener(asio::io_context&, const std::string& address, uint16_t port);
  ~listener();
  uint16_t port() const { return port_; }
  /// Accepts connections, each on the io_context that `next` returns, and passes them to `each`.
  void run(next_context next, accepted each);
  /// True if this process's user or root connected, as the kernel reports it (SO_PEERCRED, unix(7)).
  static bool is_of_same_user(stream::socket&);
  /// Closes the socket; the address is free when it returns. Thread-safe.
  void close();

private:
  using acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, stream::executor_type>;
  void accept();
  bool hand_over(stream::socket made);
  void bind_ip(const std::string& address, uint16_t port);
  void bind_unix(const std::string& path);
  void close_here();

  asio::io_context& context_;
  acceptor acceptor_;
  asio::steady_timer pause_;
  log::rate_limit accept_failed_{std::chrono::seconds{10}};
  next_context next_;
  accepted each_;
  uint16_t port_ = 0;
  std::string path_;
};
} // namespace arrakis::net
