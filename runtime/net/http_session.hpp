#pragma once
// Private to runtime/net: one connection of an HTTP server, and what all connections of a server share.
#include "runtime/log.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/listener.hpp"
#include "runtime/net/quota.hpp"
#include "runtime/net/shedding.hpp"
#include "runtime/net/visitor.hpp"
#include "runtime/net/wire.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace arrakis::net {
using namespace std::chrono_literals;
class session;
struct place;

/// State shared by the senders of a stream and its connection.
struct body_stream::impl {
  std::weak_ptr<session> to;
  size_t bytes_max = 0;
  std::atomic<size_t> waiting{0}; ///< Bytes that the reader has not taken.
  std::atomic<bool> ended{false};
};

/// Time to read and discard the rest of a request after an early response: closing at once would reset the connection
/// and lose the response.
inline constexpr auto linger = 1s;
/// Limit of bytes discarded then.
inline constexpr size_t linger_bytes_max = 1 << 20;

/// Bytes of one connection that no quota counts: one read. A request within it takes no lock.
inline constexpr size_t free_bytes = 8192;

/// Value of the header Date, computed once a second and thread.
const std::string& date_now();

struct http_server::impl : std::enable_shared_from_this<impl> {
  impl(io& i, http_server_options o, handler h) : on(i), options(std::move(o)), call(std::move(h)) {}

  bool accepted(stream::socket socket);
  bool take_place(visitor& from, quota::share& place);
  bool make_room(bool spare);
  bool make_room_for_bytes(const session& newcomer, size_t wanted);
  using ranked_sessions = std::vector<shedding::candidate<session>>;
  ranked_sessions rank_all();
  void shed(const ranked_sessions&, shedding::room* counted = nullptr);
  void handle(const handler& chosen, http_request request, responder answer);
  /// Runs the callback of a handler, unless the server is shutting down.
  void call_back(const std::function<void()>& what);
  void stop(std::chrono::milliseconds grace);

  io& on;
  const http_server_options options;
  std::shared_ptr<asio::ssl::context> tls_now() {
    std::lock_guard hold{lock};
    return tls;
  }
  std::shared_ptr<listener> listening;
  std::atomic<bool> stopping{false};
  refusals refused;
  const std::shared_ptr<quota> connections = std::make_shared<quota>(options.connections_max,
                                                                     options.connections_per_peer_max);
  const std::shared_ptr<quota> spare_connections = std::make_shared<quota>(spare_connections_max, spare_per_peer_max);
  /// Quota of concurrent requests of peers behind trusted proxies.
  const std::shared_ptr<quota> forwarded = std::make_shared<quota>(SIZE_MAX, options.connections_per_peer_max);
  const std::shared_ptr<quota> bytes = std::make_shared<quota>(options.input_bytes_max,
                                                               options.input_bytes_per_peer_max);

  std::shared_mutex handler_lock; // Shared while the handler runs; the destructor takes it alone.
  bool handlers_ended = false;
  const handler call;

  std::mutex lock;                         // Guards what follows.
  std::shared_ptr<asio::ssl::context> tls; ///< Null: plain.
  std::condition_variable changed;
  std::unordered_map<place*, std::weak_ptr<session>> sessions;
  std::unordered_map<place*, std::shared_ptr<websocket>> sockets;
  size_t places = 0;
  shedding::room room[2]; ///< Room within the limits, and in the reserve.
  shedding::holders<session> half_sent;
};

/// A connection slot: one of `connections_max`, or a reserve one; held by the session, then by its WebSocket.
struct place {
  place(std::shared_ptr<http_server::impl> s, quota::share c) : server(std::move(s)), count(std::move(c)) {}
  ~place() {
    std::shared_ptr<websocket> socket; // Ends after the lock.
    std::lock_guard hold{server->lock};
    if (const auto found = server->sockets.find(this); found != server->sockets.end()) {
      socket = std::move(found->second);
      server->sockets.erase(found);
    }
    server->sessions.erase(this);
    --server->places;
    server->changed.notify_all();
  }
  const std::shared_ptr<http_server::impl> server;
  const quota::share count;
};

/// One connection, from its handshake to its end.
class session : public std::enable_shared_from_this<session> {
public:
  /// Phases of a connection.
  enum class phase { greeting, idle, reading, handling, writing, streaming, lingering, gone };

  session(stream on, std::shared_ptr<http_server::impl> server, std::shared_ptr<place> held, visitor from)
    : wire_(std::move(on)),
      server_(std::move(server)),
      place_(std::move(held)),
      from_(from),
      input_(server_->bytes, from.key()),
      output_(server_->bytes, from.key()),
      timer_(wire_.get_executor()) {
    peer_ = from_.address ? from_.address->text() : "unix";
  }
  ~session() {
    if (held_ > 0)
      server_->half_sent.forget(this, rank_);
  }

  void start() {
    arm(read_within());
    const auto tls = server_->tls_now();
    if (!tls)
      return next_request();
    wire_.handshake_server(*tls, [self = shared_from_this()](error_code failed) {
      if (self->phase_ == phase::greeting)
        failed ? self->close() : self->next_request();
    });
  }
  bool server_is_stopping() const { return server_->stopping; }
  bool is_spare() const { return from_.spare.has_value(); }
  /// Rank for shedding, readable from any thread; see shedding::rank_now().
  uint64_t rank() const { return rank_; }
  /// Closes the connection if nothing happened since it had this rank.
  void shed(uint64_t rank) {
    if (rank_ != rank)
      return;
    server_->refused.count(refusal::shed);
    close();
  }

  stream::executor_type executor() { return wire_.get_executor(); }
  void answer(uint64_t turn, http_response response) {
    if (turn == turn_ && phase_ == phase::handling)
      respond(std::move(response));
  }
  void upgrade(uint64_t turn, websocket_options options, websocket_events events,
               std::function<void(std::shared_ptr<websocket>)> opened);
  void begin_stream(uint64_t turn, http_response head, stream_options options, std::function<void(body_stream)> opened);
  void append(std::string piece);
  void finish_stream();
  /// Disconnects a client that reads too little of a stream.
  void cut_stream() {
    if (phase_ != phase::streaming)
      return;
    server_->refused.count(refusal::output_bytes);
    close();
  }
  void cut(uint64_t turn) {
    if (turn == turn_ && phase_ == phase::handling)
      close();
  }
  /// Called when the server stops: ends an idle connection or stream now, a busy one after its response.
  void retire() {
    if (phase_ == phase::idle || phase_ == phase::streaming)
      close();
  }
  void close() {
    enter(phase::gone);
    timer_.cancel();
    wire_.close();
    place_ = nullptr;
    input_.resize(0);
    output_.resize(0);
    forwarded_ = {};
    if (const auto ended = std::exchange(stream_, nullptr)) {
      ended->shared->ended = true;
      if (!ended->finished)
        server_->call_back(ended->closed);
    }
  }

private:
  /// State of a streamed response.
  struct open_stream {
    std::shared_ptr<body_stream::impl> shared;
    std::function<void()> closed;
    std::string queue;                ///< As on the wire.
    size_t queued = 0, in_flight = 0; ///< Bytes of the body in the queue, and on their way.
    bool chunked = false, writing = false, finished = false;
  };
  void pump();

  void enter(phase next) {
    using shedding::waiting;
    if (phase_ == phase::reading && held_ > 0)
      server_->half_sent.forget(this, rank_);
    phase_ = next;
    held_ = 0;
    const auto idle = turn_ == 0 ? waiting::silent : waiting::idle;
    rank_ = shedding::rank_now(next == phase::reading                           ? waiting::half_sent
                               : next == phase::greeting || next == phase::idle ? idle
                                                                                : waiting::no);
  }
  std::chrono::milliseconds read_within() const {
    return is_spare() ? std::min<std::chrono::milliseconds>(spare_read, server_->options.read) : server_->options.read;
  }
  void arm(std::chrono::milliseconds wait) {
    timer_.expires_after(wait);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled && self->timer_.expiry() <= std::chrono::steady_clock::now())
        self->expired();
    });
  }

  void expired() {
    switch (phase_) {
      case phase::reading:
        if (is_spare())
          return refuse_full(*from_.spare);
        server_->refused.count(refusal::timeout);
        return refuse(plain(408, "the request was not complete in time"));
      case phase::handling: return respond(plain(503, "no answer in time: try again"));
      case phase::greeting:
      case phase::idle:
        if (is_spare())
          server_->refused.count(*from_.spare);
        return close();
      case phase::streaming: return cut_stream();
      case phase::writing:
      case phase::lingering: return close();
      case phase::gone: return;
    }
  }

  void next_request() {
    if (phase_ != phase::greeting && server_->stopping)
      return close();
    reader_ = std::make_unique<request_reader>(server_->options.header_bytes_max, server_->options.body_bytes_max);
    continued_ = head_ = false;
    output_.resize(0);
    forwarded_ = {};
    essential_ = false;
    if (from_.trusted) // The next request may be another peer's.
      input_ = {server_->bytes, std::nullopt};
    arm(inbox_.empty() && turn_ > 0 ? server_->options.idle : read_within());
    enter(inbox_.empty() ? phase::idle : phase::reading);
    inbox_.empty() ? read() : advance();
  }

  void read() {
    wire_.read_some(chunk_.data(), chunk_.size(), [self = shared_from_this()](error_code failed, size_t bytes) {
      if (self->phase_ != phase::idle && self->phase_ != phase::reading)
        return;
      if (failed)
        return self->close();
      if (self->phase_ == phase::idle) {
        self->enter(phase::reading);
        self->arm(self->read_within());
      }
      self->inbox_.append(self->chunk_.data(), bytes);
      self->advance();
    });
  }

  void advance() {
    if (!reader_->head_done()) {
      if (const auto wrong = reader_->feed(inbox_))
        return malformed(wrong);
      if (reader_->head_done() && !admitted())
        return;
    }
    if (reader_->head_done())
      if (const auto wrong = reader_->feed(inbox_))
        return malformed(wrong);
    if (reader_->done())
      return handle();
    if (!has_room_for_input())
      return;
    if (!reader_->head_done() || continued_ || !reader_->head().expects_continue)
      return read();
    continued_ = true;
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    wire_.write_all(go_on.data(), go_on.size(),
                    [self = shared_from_this()](error_code failed, size_t) { failed ? self->close() : self->read(); });
  }

  /// Checks the head; false: the request was answered already.
  bool admitted() {
    auto& head = reader_->head();
    head_ = head.message.method == "HEAD";
    if (from_.trusted)
      name_forwarded_peer(head.message);
    head.message.peer = peer_;
    auto judged = server_->options.admit ? server_->options.admit(head.message) : admission{};
    essential_ = judged.essential;
    if (is_spare() && !essential_)
      return refuse_full(*from_.spare), false;
    if (forwarded_.resize(1) != quota::verdict::granted && !essential_)
      return refuse_full(refusal::connections_per_address), false;
    if (judged.answer) {
      server_->refused.count(refusal::not_admitted);
      keep_alive_ = head.keep_alive && head.body.is == body_framing::form::none;
      ++turn_;
      return respond(std::move(*judged.answer)), false;
    }
    reader_->limit_body(judged.body_bytes_max);
    answer_within_ = std::min(judged.answer_within, server_->options.answer);
    handler_ = std::move(judged.handle);
    return true;
  }

  void name_forwarded_peer(const http_request& request) {
    if (!from_.address)
      return;
    const auto peer = forwarded_peer(*from_.address, request.headers, server_->options.trusted_proxies);
    peer_ = peer.text();
    const auto key = peer == *from_.address ? std::nullopt : std::optional{key_of(peer)};
    input_ = {server_->bytes, key};
    output_ = {server_->bytes, key};
    if (key)
      forwarded_ = {server_->forwarded, key};
  }

  /// Counts the input bytes until the handler returns; false: over the limit, and the request was answered.
  bool has_room_for_input() {
    using verdict = quota::verdict;
    const auto size = inbox_.size() + reader_->body_bytes_held();
    const auto counted = size > free_bytes ? size : 0;
    auto judged = input_.resize(counted, essential_);
    if (judged == verdict::full && server_->make_room_for_bytes(*this, counted - input_.amount()))
      judged = input_.resize(counted, true);
    if (const auto before = std::exchange(held_, input_.amount()); held_ != before)
      server_->half_sent.note(shared_from_this(), rank_, held_);
    if (judged == verdict::granted)
      return true;
    refuse_full(judged == verdict::peer_full ? refusal::input_bytes_per_address : refusal::input_bytes);
    return false;
  }

  void handle();
  void respond(http_response response) {
    if (!printable(response)) {
      log::error("http.response_refused", {{"error", "a response header holds control characters"}});
      response = plain(500, "internal error");
    }
    write(response, !keep_alive_ || server_->stopping || is_spare());
  }
  /// Sends an early response and drops the request.
  void refuse(const http_response& response) {
    inbox_ = {};
    reader_ = nullptr;
    input_.resize(0);
    write(response, true);
  }
  void malformed(const rejection& wrong) {
    server_->refused.count(refusal::malformed);
    refuse(plain(wrong.status, std::string{wrong.why}));
  }
  void refuse_full(refusal why) {
    server_->refused.count(why);
    refuse(answer_to(why));
  }

  void write(const http_response& response, bool last) {
    enter(phase::writing);
    arm(server_->options.answer); // A reader too slow for that is cut.
    const auto* keep_open = reader_ && reader_->head().http_1_0 ? "keep-alive" : "";
    const bool dated = !header(response.headers, "Date").empty();
    const std::string_view date = dated ? std::string_view{} : std::string_view{date_now()};
    outbox_ = write_response(response, {date, last ? "close" : keep_open, head_});
    if (output_.resize(outbox_.size() > free_bytes ? outbox_.size() : 0, true) != quota::verdict::granted) {
      server_->refused.count(refusal::output_bytes);
      return close();
    }
    wire_.write_all(outbox_.data(), outbox_.size(), [self = shared_from_this(), last](error_code failed, size_t) {
      if (self->phase_ != phase::writing)
        return;
      if (failed)
        return self->close();
      last ? self->drain() : self->next_request();
    });
  }

  void drain() {
    enter(phase::lingering);
    arm(linger);
    wire_.shutdown_send();
    discard();
  }
  void discard() {
    wire_.read_some(chunk_.data(), chunk_.size(), [self = shared_from_this()](error_code failed, size_t bytes) {
      self->drained_ += bytes;
      if (failed || self->drained_ > linger_bytes_max
          || (self->phase_ != phase::lingering && self->phase_ != phase::streaming))
        return self->close();
      self->discard();
    });
  }

  stream wire_;
  const std::shared_ptr<http_server::impl> server_;
  std::shared_ptr<place> place_;
  const visitor from_;
  quota::share input_, output_, forwarded_;
  asio::steady_timer timer_;
  phase phase_ = phase::greeting;
  std::atomic<uint64_t> rank_{shedding::rank_now(shedding::waiting::silent)};
  size_t held_ = 0; ///< Bytes that its half-sent request has counted.
  std::unique_ptr<request_reader> reader_;
  std::unique_ptr<open_stream> stream_;
  std::optional<http_request> upgrade_;
  std::string inbox_, outbox_, peer_;
  std::array<char, 8192> chunk_;
  http_server::handler handler_; ///< Handler chosen by the admission.
  std::chrono::milliseconds answer_within_{0};
  uint64_t turn_ = 0; ///< Counts requests: an answer to an earlier one is dropped.
  size_t drained_ = 0;
  bool keep_alive_ = false, head_ = false, continued_ = false, essential_ = false;
};
} // namespace arrakis::net
