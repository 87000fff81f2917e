#pragma once
// The inside of a client: a state machine on one io thread. Only this folder includes it.
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

struct pending {
  enum kind { user, greeting, subscribing, ready, load, probe, memory } what = user;
  std::shared_ptr<const std::string> store; // The bytes of the calls that left together.
  std::string_view wire;                    // Those of this one.
  redis::done done;                         // Empty once answered: a reply that comes later is dropped.
  deadline until{std::chrono::steady_clock::time_point::max()};
  const script* code = nullptr;
  int loads = 0;
  size_t more = 0;     // Replies that come before the one that counts: those inside a transaction.
  std::string refusal; // The first error among those.
  size_t bytes = 0;    // Counted against outbox_bytes_max until the reply.
  void carry(std::string request) {
    store = std::make_shared<const std::string>(std::move(request));
    wire = *store;
  }
};

/// One socket with its buffers; handlers hold it, so that an old one ends in peace while a new one is made.
struct transport {
  using socket = boost::asio::generic::stream_protocol::socket;
  explicit transport(boost::asio::io_context& io) : plain(io) {}
  socket plain;
  std::optional<boost::asio::ssl::stream<socket&>> tls;
  std::vector<char> in = std::vector<char>(64 * 1024);
  std::string out;
  redis::reader parser;
};

/// What a connection is for that hears what others publish; no channel: it carries calls.
struct subscription_options {
  std::vector<std::string> channels;
  subscriber to;
};

class connection : public std::enable_shared_from_this<connection> {
public:
  connection(boost::asio::io_context& io, options how, subscription_options hears = {});
  void start();
  // From any thread.
  /// `here`: the caller's own thread writes them when nothing waits before them, which spares a hand-over to the io
  /// thread. Many single calls do better together, in one write of the io thread.
  void submit(std::span<pending> requests, bool here);
  void stop();
  redis::status status() const;

private:
  using shared_transport = std::shared_ptr<transport>;
  enum class stage { connecting, ready, resting, stopped };

  bool write_here(std::span<pending> requests);

  // From here on the io thread's alone.
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

  // Does the server answer, take writes and keep its keys? (watch.cpp)
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
  boost::asio::steady_timer pause_{io_};  // Back-off, or the time that an attempt to connect may take.
  boost::asio::steady_timer expiry_{io_}; // The soonest deadline that was known when it was set.
  boost::asio::steady_timer watch_{io_};  // The next question to the server.
  std::atomic<std::chrono::steady_clock::time_point> armed_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point heard_{};
  shared_transport link_;
  stage stage_ = stage::connecting;
  std::string refusal_;       // Why the greeting failed.
  size_t heard_channels_ = 0; // Confirmed on this connection.
  unsigned failures_ = 0;
  bool writing_ = false;
  std::string detail_;                                   // Of the stage.
  std::string writes_refused_;                           // The server's own words; empty: it takes writes.
  std::string eviction_;                                 // Its maxmemory-policy; empty: not known.
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

  mutable std::mutex guard_; // Of all up to `shown_`.
  // Callers may write to the socket: it stands, and nothing waits or is being written.
  bool line_free_ = false;
  std::deque<pending> written_; // By callers, after all that flies and before all that waits.
  std::string rest_;            // Of such a write, when the socket did not take it whole.
  std::vector<pending> inbox_;
  bool posted_ = false;
  bool closed_ = false;
  redis::status shown_;
  std::atomic<size_t> calls_{0};
  std::atomic<size_t> bytes_{0};
};
} // namespace arrakis::redis
