#include "bench/support/gateway_blaster.hpp"

#include "runtime/net/frames.hpp"
#include "runtime/net/handshake.hpp"
#include "runtime/net/http.hpp"

#include <array>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace arrakis::bench {
namespace {
bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), std::min<size_t>(bytes.size(), 1 << 20), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

/// Reads until `enough` says so; false when the other end is gone.
template <class F>
bool read_until(int fd, std::string& into, F enough) {
  std::array<char, 4096> piece{};
  while (!enough(into)) {
    const auto got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got <= 0)
      return false;
    into.append(piece.data(), static_cast<size_t>(got));
  }
  return true;
}

std::string header_of(const std::string& head, std::string_view name) {
  const auto lower = [](std::string text) {
    for (auto& c : text)
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
  };
  const auto at = lower(head).find(lower(fmt::format("\r\n{}: ", name)));
  if (at == std::string::npos)
    return {};
  const auto from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

double thread_cpu_us() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}
} // namespace

gateway_blaster::gateway_blaster(const gateway_recording& what, int cpu)
  : what_(what), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 16) != 0
      || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"the gateway of the bench has no port"};
  port_ = ntohs(at.sin_port);
  thread_ = std::thread{[this, cpu] {
    pin(cpu);
    serve();
  }};
}

gateway_blaster::~gateway_blaster() {
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (const int fd = client_; fd >= 0)
    ::shutdown(fd, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void gateway_blaster::serve() {
  while (!ending_) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      return;
    client_ = fd;
    talk(fd);
    client_ = -1;
    ::close(fd);
    cpu_us_ = thread_cpu_us();
  }
}

void gateway_blaster::talk(int fd) {
  std::string head;
  if (!read_until(fd, head, [](const std::string& all) { return net::handshake::head_end(all) != std::string::npos; }))
    return;
  const auto key = header_of(head, "Sec-WebSocket-Key");
  if (key.empty()) {
    const auto body = fmt::format(
      R"({{"url":"ws://127.0.0.1:{}","shards":1,"session_start_limit":{{"total":1000,"remaining":1000,"reset_after":0,)"
      R"("max_concurrency":16}}}})",
      port_);
    send_all(fd, fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                             "Content-Length: {}\r\n\r\n{}",
                             body.size(), body));
    return;
  }
  namespace frames = net::frames;
  if (!send_all(fd, net::handshake::response_text(key)) || !send_all(fd, what_.hello))
    return;
  frames::reader from{true, 1 << 20};
  for (bool identified = false; !identified;) {
    const auto to = from.space();
    const auto got = ::recv(fd, to.data(), to.size(), 0);
    if (got <= 0)
      return;
    from.took(static_cast<size_t>(got));
    for (const auto& each : from.find().messages)
      identified = identified || each.bytes.find(R"("op":2)") != std::string_view::npos;
  }
  if (!send_all(fd, what_.welcome))
    return;
  std::array<char, 4096> ignored{};
  while (::recv(fd, ignored.data(), ignored.size(), 0) > 0) // Until the client goes.
    continue;
}

int last_cpu() {
  cpu_set_t all;
  CPU_ZERO(&all);
  ::sched_getaffinity(0, sizeof all, &all);
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &all))
      last = cpu;
  return last;
}

void pin(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}
} // namespace arrakis::bench
