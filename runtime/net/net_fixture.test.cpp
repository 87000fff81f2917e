#include "runtime/net/net_fixture.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arrakis::net::test {
namespace {
sockaddr_in here(uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}
void give_up_after(int fd) {
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}
} // namespace

raw_peer raw_peer::connect(uint16_t port, const char* from, int receive_bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  give_up_after(fd);
  if (receive_bytes > 0)
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  auto own = here(0);
  REQUIRE(::inet_pton(AF_INET, from, &own.sin_addr) == 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
  const auto at = here(port);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  return raw_peer{fd};
}
raw_peer raw_peer::connect_unix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  give_up_after(fd);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  return raw_peer{fd};
}
raw_peer::~raw_peer() { close(); }
void raw_peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}
std::string raw_peer::read(std::string_view until) {
  std::string all;
  char chunk[4096];
  while (until.empty() || all.find(until) == std::string::npos) {
    const auto got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got <= 0)
      break;
    all.append(chunk, static_cast<size_t>(got));
  }
  return all;
}
bool raw_peer::is_readable(std::chrono::milliseconds patience) const {
  pollfd one{fd_, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(patience.count())) == 1;
}
void raw_peer::close() {
  if (fd_ >= 0)
    ::close(std::exchange(fd_, -1));
}
void raw_peer::finish() { ::shutdown(fd_, SHUT_WR); }
void raw_peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

raw_listener::raw_listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  auto at = here(0);
  socklen_t size = sizeof at;
  REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(fd_, 16) == 0);
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  give_up_after(fd_);
}
raw_listener::~raw_listener() { close(); }
raw_peer raw_listener::accept() {
  const int fd = ::accept(fd_, nullptr, nullptr);
  REQUIRE(fd >= 0);
  give_up_after(fd);
  return raw_peer{fd};
}
void raw_listener::close() {
  if (fd_ >= 0)
    ::close(std::exchange(fd_, -1));
}
} // namespace arrakis::net::test
