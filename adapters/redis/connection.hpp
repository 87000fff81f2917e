#pragma once
// One connection as a state machine on one io thread. Private to adapters/redis.
#include "adapters/redis/address.hpp"
#include "adapters/redis/client.hpp"
#include "adapters/redis/wire.hpp"

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <mutex>
#include <set>

namespace arrakis::redis {

/// An outstanding request.
struct pending {
  /// Purposes of a request.
  enum kind { user, greeting, subscribing, ready, load, probe, memory } what = user;
  std::shared_ptr<const std::string> store; // Bytes of the batch that the call left in.
  std::string_view wire;                    // This call's part of them.
  redis::done done;                         // Empty once answered: a later reply is dropped.
  deadline until{std::chrono::steady_clock::time_point::max()};
  const script* code = nullptr;
  int loads = 0;
  size_t more = 0;     // Replies before the final one, inside a transaction.
  std::string refusal; // First error among those.
  size_t bytes = 0;    // Counts against outbox_bytes_max until the reply.
  void carry(std::string request) {
    store = std::make_shared<const std::string>(std::move(request));
    wire = *store;
  }
};

/// One socket with its buffers. Handlers share it, so a closed one outlives their completion while a new one connects.
struct transport {
  using socket = boost::asio::generic::stream_protocol::socket;
  explicit transport(boost::asio::io_context& io) : plain(io) {}
  socket plain;
  std::optional<boost::asio::ssl::stream<socket&>> tls;
  std::vector<char> in = std::vector<char>(64 * 1024);
  std::string out;
  redis::reader parser;
};

/// Channels and receiver of a subscribing connection; without channels the connection carries calls.
struct subscription_options {
  std::vector<std::string> channels;
  subscriber to;
};

/// The state machine of one connection: connects, sends, reads, reconnects.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(boost::asio::io_context& io, options how, subscription_options hears = {});
  void start();
  // From any thread.
  /// Queues requests. `here`: the caller's thread writes them when nothing waits before them, which saves a switch to
  /// the io thread. Many single calls are faster in one write of the io thread.
  void submit(std::span<pending> requests, bool here);
  void stop();
  redis::status status() const;

private:
  using shared_transport = std::shared_ptr<transport>;
  enum class stage { connecting, ready, resting, stopped };

  bool write_here(std::span<pending> requests);

  // The members below run on the io thread only.
  void take_inbox();
  void absorb();
  void write();
  void read();
  void received(reply&& from);
  void pushed(const reply& from);
  void load_again(pending request);
  void finish(pending& request, caf::expected<reply>&& result);
  void answer(done& from, caf::expected<reply>&& result);
  void hand_over();
  void refuse_waiting(const std::string& why);

  void connect();
  void connect_to(shared_transport to, std::vector<boost::asio::generic::stream_protocol::endpoint> list, size_t index);
  void secure(shared_transport to);
  void greet(shared_transport to);
  void established();
  void lost(const std::string& why);
  void rest(const std::string& why);
  void close();
  void set_stage(stage next, std::string detail);

  void watch(std::chrono::steady_clock::time_point at);
  void expire();

  // Health probe: does the server answer, accept writes, and never evict keys? (watch.cpp)
  std::vector<std::string> probe_words() const;
  void arm_watch();
  void ask_server();
  bool note_silence();
  void heard();
  void take_probe(const reply& from);
  void take_memory(const reply& from);
  void show();

  boost::asio::io_context& io_;
  const options how_;
  const subscription_options hears_;
  const address where_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  boost::asio::ip::tcp::resolver resolver_{io_};
  boost::asio::steady_timer pause_{io_};  // Back-off, or the timeout of an attempt to connect.
  boost::asio::steady_timer expiry_{io_}; // Soonest deadline known when it was set.
  boost::asio::steady_timer watch_{io_};  // Next probe.
  std::atomic<std::chrono::steady_clock::time_point> armed_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point heard_{};
  shared_transport link_;
  stage stage_ = stage::connecting;
  std::string refusal_;       // Error of the greeting (AUTH, SELECT, ...).
  size_t heard_channels_ = 0; // Confirmed on this connection.
  unsigned failures_ = 0;
  bool writing_ = false;
  std::string detail_;                                   // Detail of the stage, for `status`.
  std::string writes_refused_;                           // The server's error for writes; empty: it accepts them.
  std::string eviction_;                                 // The server's maxmemory-policy; empty: unknown.
  bool asked_ = false;                                   // The answer to the last question is still to come.
  bool silent_ = false;                                  // Connected, and not a byte for too long: calls are refused.
  int silent_turns_ = 0;                                 // Turns of the watch since the last byte.
  std::chrono::steady_clock::time_point heard_before_{}; // At the last turn.
  bool renew_ = false;          // The server became a replica: nothing more is sent, a new connection follows.
  std::deque<pending> again_;   // Calls that met NOSCRIPT, behind the load of their script.
  std::deque<pending> waiting_; // Not sent.
  std::deque<pending> flying_;  // Sent, in the order of their replies.
  std::set<const script*> loading_;
  std::vector<std::shared_ptr<receiver>> told_; // Have taken replies in this turn.

  mutable std::mutex guard_; // Guards all members up to `shown_`.
  // Callers may write to the socket: it stands, and nothing waits or is being written.
  bool line_free_ = false;
  std::deque<pending> written_; // By callers, after all that flies and before all that waits.
  std::string rest_;            // Unsent rest of such a write.
  std::vector<pending> inbox_;
  bool posted_ = false;
  bool closed_ = false;
  redis::status shown_;
  std::atomic<size_t> calls_{0};
  std::atomic<size_t> bytes_{0};
};
} // namespace arrakis::redis
