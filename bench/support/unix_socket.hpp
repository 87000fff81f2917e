#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace arrakis::bench {

/// A blocking Unix socket: without an event loop, whose CPU would add to the measurement.
class unix_socket {
public:
  unix_socket() = default;
  explicit unix_socket(int fd) : fd_(fd) {}
  unix_socket(unix_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unix_socket& operator=(unix_socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unix_socket() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  static unix_socket connect(const std::string& path) {
    unix_socket made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto at = address(path);
    if (::connect(made.fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
      throw std::runtime_error("cannot connect to " + path);
    return made;
  }
  static unix_socket listen(const std::string& path) {
    unix_socket made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto at = address(path);
    if (::bind(made.fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(made.fd_, 16) != 0)
      throw std::runtime_error("cannot listen on " + path);
    return made;
  }
  /// Waits for a client. Returns a closed socket after shut().
  unix_socket accept() const { return unix_socket{::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)}; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Sends all bytes. Returns false if the peer has closed the connection.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  /// Reads into `buffer` and returns the received bytes; empty at the end.
  std::string_view receive(std::string& buffer) const {
    const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), got > 0 ? static_cast<size_t>(got) : 0};
  }
  /// Shuts the socket down, which ends a blocking accept, send or receive.
  void shut() const { ::shutdown(fd_, SHUT_RDWR); }

private:
  static sockaddr_un address(const std::string& path) {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    path.copy(made.sun_path, sizeof made.sun_path - 1);
    return made;
  }
  int fd_ = -1;
};
} // namespace arrakis::bench
