#pragma once
// For the tests of this folder: completions of io threads as values that a test waits for.
#include "runtime/net/http_client.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace arrakis::net::test {
using namespace std::chrono_literals;

/// Queue from io threads to a test; empty when nothing came within 10 s, which no passing test waits for.
template <class T>
class inbox {
public:
  void push(T x) {
    std::lock_guard hold{lock_};
    items_.push_back(std::move(x));
    changed_.notify_one();
  }
  std::optional<T> take(std::chrono::milliseconds patience = 10s) {
    std::unique_lock hold{lock_};
    if (!changed_.wait_for(hold, patience, [this] { return !items_.empty(); }))
      return std::nullopt;
    std::optional<T> out{std::move(items_.front())};
    items_.pop_front();
    return out;
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<T> items_;
};

/// Deadline on the real clock.
inline deadline in(std::chrono::milliseconds wait) { return {std::chrono::steady_clock::now() + wait}; }

/// Sends a request of any method and blocks for its result. `patience`: until the deadline of the call, below 10 s.
inline caf::expected<http_response> get(http_client& client, const std::string& url, http_request request,
                                        std::chrono::milliseconds patience = 5s) {
  auto results = std::make_shared<inbox<caf::expected<http_response>>>();
  client.send(url, std::move(request), in(patience),
              [results](caf::expected<http_response> r) { results->push(std::move(r)); });
  auto result = results->take();
  return result ? std::move(*result) : caf::expected<http_response>{fail(ec::internal, "done never ran")};
}
/// URL of a server.
inline std::string url_of(const http_server& server) { return "http://127.0.0.1:" + std::to_string(server.port()); }

/// A peer that speaks bytes: blocking sockets, driven by the test.
class raw_peer {
public:
  /// `from`: an address of the loopback network, so that the other end sees several peers. `receive_bytes`: of the
  /// socket's buffer; 0: as the system likes, which is some MiB.
  static raw_peer connect(uint16_t port, const char* from = "127.0.0.1", int receive_bytes = 0);
  static raw_peer connect_unix(const std::string& path);
  explicit raw_peer(int fd) : fd_(fd) {}
  raw_peer(raw_peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~raw_peer();
  void send(std::string_view bytes);
  /// Until the other end closes, or `until` was seen in it.
  std::string read(std::string_view until = {});
  /// True when bytes can be read, or the peer has closed, within `patience`.
  bool is_readable(std::chrono::milliseconds patience) const;
  void close();
  void finish(); ///< FIN: no more bytes, but it still reads.
  void reset();  ///< RST.

private:
  int fd_;
};
/// A listener of raw_peers.
class raw_listener {
public:
  raw_listener();
  ~raw_listener();
  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  raw_peer accept();
  void close();

private:
  int fd_;
  uint16_t port_;
};
} // namespace arrakis::net::test
