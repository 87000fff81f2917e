// Frames of a WebSocket server, as the gateway's connection reads them: whatever comes, messages keep their bound, and
// the end is told once.
#include "runtime/net/websocket.hpp"

#include "runtime/net/io.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <fmt/format.h>
#include <future>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace arrakis::fuzz {
namespace {
constexpr size_t message_bytes_max = 4096;

/// Again while a signal comes between: libFuzzer has a timer.
template <class F>
auto patient(F call) {
  auto got = call();
  while (got < 0 && errno == EINTR)
    got = call();
  return got;
}

/// The other end: a blocking socket that shakes hands and then says what it was told to.
class server {
public:
  server() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ARRAKIS_ASSERT(fd_ >= 0 && ::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::listen(fd_, 16) == 0
                     && ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0,
                   "there is a port");
    port_ = ntohs(at.sin_port);
  }
  std::string url() const { return fmt::format("ws://127.0.0.1:{}/", port_); }

  void serve(std::string_view frames) const {
    const int fd = patient([&] { return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); });
    const linger at_once{1, 0}; // A reset leaves no port waiting: thousands of these are made in a second.
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    std::string request;
    std::array<char, 2048> piece{};
    while (request.find("\r\n\r\n") == request.npos) {
      const auto got = patient([&] { return ::recv(fd, piece.data(), piece.size(), 0); });
      ARRAKIS_ASSERT(got > 0, "a client asks");
      request.append(piece.data(), static_cast<size_t>(got));
    }
    auto answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Accept: "
                + accept_of(request) + "\r\n\r\n";
    answer += frames;
    patient([&] { return ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL); });
    ::shutdown(fd, SHUT_WR);
    while (patient([&] { return ::recv(fd, piece.data(), piece.size(), 0); }) > 0) {}
    ::close(fd);
  }

private:
  /// RFC 6455 4.2.2.
  static std::string accept_of(const std::string& request) {
    constexpr std::string_view name = "Sec-WebSocket-Key: ";
    const auto from = request.find(name) + name.size();
    const auto text = request.substr(from, 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    std::array<unsigned char, 29> base64{};
    EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
    return reinterpret_cast<const char*>(base64.data());
  }
  int fd_;
  uint16_t port_ = 0;
};
} // namespace

void websocket(std::string_view bytes) {
  static net::io io;
  static const server peer;
  std::atomic<int> ends{0};
  std::atomic<size_t> read{0};
  std::promise<uint16_t> closed;
  net::websocket_events events;
  events.received = [&](std::string message, bool) {
    ARRAKIS_ASSERT(message.size() <= message_bytes_max, "a message keeps its bound");
    read += message.size();
  };
  events.closed = [&](uint16_t code, const std::string&) {
    ARRAKIS_ASSERT(++ends == 1, "the end is told once");
    closed.set_value(code);
  };
  net::websocket_options options;
  options.message_bytes_max = message_bytes_max;
  std::promise<bool> opened;
  net::connect_websocket(io, peer.url(), options, std::move(events),
                         [&](auto socket) { opened.set_value(socket.engaged()); });
  peer.serve(bytes);
  ARRAKIS_ASSERT(opened.get_future().get(), "the handshake of a server is taken");
  const auto code = closed.get_future().get();
  ARRAKIS_ASSERT(code >= 1000, "a close code is none of those that are not used");
  ARRAKIS_ASSERT(read <= bytes.size(), "nothing is read that was not sent");
}
} // namespace arrakis::fuzz
