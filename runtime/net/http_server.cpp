#include "runtime/net/http_server.hpp"

#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/listener.hpp"
#include "runtime/net/websocket_session.hpp"
#include "runtime/net/wire.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace arrakis::net {
using namespace std::chrono_literals;
namespace {
// After an early answer the rest of the request is read and thrown away for a moment: closing at once would reset the
// connection and destroy the answer on its way.
constexpr auto linger = 1s;
constexpr size_t linger_bytes_max = 1 << 20;
constexpr size_t turned_away_max = 256; ///< Connections above connections_max that still get their 503; others are cut.

http_response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain"}}, std::move(text) + "\n"};
}

class session;
struct place;
} // namespace

struct http_server::impl : std::enable_shared_from_this<impl> {
  impl(io& i, http_server_options o, handler h) : on(i), options(std::move(o)), call(std::move(h)) {}

  void accepted(stream::socket socket);
  void handle(http_request request, responder answer);
  void stop(std::chrono::milliseconds grace);

  io& on;
  const http_server_options options;
  std::shared_ptr<asio::ssl::context> tls;
  std::shared_ptr<listener> listening;
  std::atomic<bool> stopping{false};

  std::shared_mutex handler_lock; // Shared while the handler runs; the destructor takes it alone.
  handler call;

  std::mutex lock; // Guards what follows.
  std::condition_variable changed;
  std::unordered_map<place*, std::weak_ptr<session>> sessions;
  std::unordered_map<place*, std::shared_ptr<websocket>> sockets;
  size_t places = 0;
};

namespace {
/// One of `connections_max`: held by the session of a connection, then by its WebSocket.
struct place {
  explicit place(std::shared_ptr<http_server::impl> s) : server(std::move(s)) {}
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
};
} // namespace

namespace {
class session : public std::enable_shared_from_this<session> {
public:
  enum class phase { greeting, idle, reading, handling, writing, lingering, gone };

  session(stream on, std::shared_ptr<http_server::impl> server, std::shared_ptr<place> held)
    : wire_(std::move(on)), server_(std::move(server)), place_(std::move(held)), timer_(wire_.get_executor()) {
    peer_ = wire_.peer();
  }

  void start() {
    arm(server_->options.read);
    if (!server_->tls)
      return next_request();
    wire_.handshake_server(*server_->tls, [self = shared_from_this()](error_code failed) {
      if (self->phase_ == phase::greeting)
        failed ? self->close() : self->next_request();
    });
  }
  /// One answer, whatever is asked, and the end.
  void turn_away() {
    arm(linger);
    auto answer = plain(503, "too many connections: try again in a moment");
    answer.headers.emplace_back("Retry-After", "1");
    write(answer, true);
  }

  stream::executor_type executor() { return wire_.get_executor(); }
  void answer(uint64_t turn, http_response response) {
    if (turn == turn_ && phase_ == phase::handling)
      respond(std::move(response));
  }
  void upgrade(uint64_t turn, websocket_options options, websocket_events events,
               std::function<void(std::shared_ptr<websocket>)> opened);
  void cut(uint64_t turn) {
    if (turn == turn_ && phase_ == phase::handling)
      close();
  }
  /// The server stops: an idle connection ends now, a busy one after its answer.
  void retire() {
    if (phase_ == phase::idle)
      close();
  }
  void close() {
    phase_ = phase::gone;
    timer_.cancel();
    wire_.close();
    place_ = nullptr;
  }

private:
  void arm(std::chrono::milliseconds wait) {
    timer_.expires_after(wait);
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled && self->timer_.expiry() <= std::chrono::steady_clock::now())
        self->expired();
    });
  }

  void expired() {
    switch (phase_) {
      case phase::reading: return refuse(plain(408, "the request was not complete in time"));
      case phase::handling: return respond(plain(503, "no answer in time: try again"));
      case phase::greeting:
      case phase::idle:
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
    arm(inbox_.empty() && turn_ > 0 ? server_->options.idle : server_->options.read);
    phase_ = inbox_.empty() ? phase::idle : phase::reading;
    inbox_.empty() ? read() : advance();
  }

  void read() {
    wire_.read_some(chunk_.data(), chunk_.size(), [self = shared_from_this()](error_code failed, size_t bytes) {
      if (self->phase_ != phase::idle && self->phase_ != phase::reading)
        return;
      if (failed)
        return self->close();
      if (self->phase_ == phase::idle) {
        self->phase_ = phase::reading;
        self->arm(self->server_->options.read);
      }
      self->inbox_.append(self->chunk_.data(), bytes);
      self->advance();
    });
  }

  void advance() {
    const bool head_was_done = reader_->head_done();
    auto wrong = reader_->feed(inbox_);
    if (!wrong && !head_was_done && reader_->head_done())
      wrong = reader_->feed(inbox_);
    if (wrong)
      return refuse(plain(wrong.status, std::string{wrong.why}));
    if (reader_->done())
      return handle();
    if (!reader_->head_done() || continued_ || !reader_->head().expects_continue)
      return read();
    continued_ = true;
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    wire_.write_all(go_on.data(), go_on.size(),
                    [self = shared_from_this()](error_code failed, size_t) { failed ? self->close() : self->read(); });
  }

  void handle();
  void respond(http_response response) {
    if (!printable(response)) {
      log::error("response_refused", {{"error", "a response header holds control characters"}});
      response = plain(500, "internal error");
    }
    write(response, !keep_alive_ || server_->stopping);
  }
  void refuse(const http_response& response) { write(response, true); }

  void write(const http_response& response, bool last) {
    phase_ = phase::writing;
    arm(server_->options.answer); // A reader too slow for that is cut.
    const bool says_keep_alive = !last && reader_ && reader_->head().http_1_0;
    outbox_ = write_response(response, last ? "close" : says_keep_alive ? "keep-alive" : "", head_);
    wire_.write_all(outbox_.data(), outbox_.size(), [self = shared_from_this(), last](error_code failed, size_t) {
      if (self->phase_ != phase::writing)
        return;
      if (failed)
        return self->close();
      last ? self->drain() : self->next_request();
    });
  }

  void drain() {
    phase_ = phase::lingering;
    arm(linger);
    wire_.shutdown_send();
    discard();
  }
  void discard() {
    wire_.read_some(chunk_.data(), chunk_.size(), [self = shared_from_this()](error_code failed, size_t bytes) {
      self->drained_ += bytes;
      if (failed || self->drained_ > linger_bytes_max || self->phase_ != phase::lingering)
        return self->close();
      self->discard();
    });
  }

  stream wire_;
  const std::shared_ptr<http_server::impl> server_;
  std::shared_ptr<place> place_;
  asio::steady_timer timer_;
  phase phase_ = phase::greeting;
  std::unique_ptr<request_reader> reader_;
  std::optional<http_request> upgrade_;
  std::string inbox_, outbox_, peer_;
  std::array<char, 8192> chunk_;
  uint64_t turn_ = 0; ///< Counts requests: an answer to an earlier one finds nobody.
  size_t drained_ = 0;
  bool keep_alive_ = false, head_ = false, continued_ = false;
};
} // namespace

struct responder::impl {
  impl(std::weak_ptr<session> s, uint64_t t) : to(std::move(s)), turn(t) {}
  ~impl() {
    if (!used)
      give([turn = turn](session& s) { s.answer(turn, plain(503, "nobody answered: try again")); });
  }
  bool first() { return !used.exchange(true); }
  // The session is kept by its own timer; when the io threads are gone, so is it.
  template <class F>
  void give(F what) {
    if (auto alive = to.lock()) {
      auto executor = alive->executor();
      asio::post(executor, [alive = std::move(alive), what = std::move(what)]() mutable { what(*alive); });
    }
  }
  const std::weak_ptr<session> to;
  const uint64_t turn;
  std::atomic<bool> used{false};
};

void responder::operator()(http_response response) const {
  if (impl_->first())
    impl_->give([turn = impl_->turn, r = std::move(response)](session& s) mutable { s.answer(turn, std::move(r)); });
}
void responder::upgrade(websocket_options options, websocket_events events,
                        std::function<void(std::shared_ptr<websocket>)> opened) const {
  if (impl_->first())
    impl_->give([turn = impl_->turn, o = std::move(options), e = std::move(events), done = std::move(opened)](
                  session& s) mutable { s.upgrade(turn, std::move(o), std::move(e), std::move(done)); });
}
void responder::cut() const {
  if (impl_->first())
    impl_->give([turn = impl_->turn](session& s) { s.cut(turn); });
}

namespace {
void session::handle() {
  phase_ = phase::handling;
  arm(server_->options.answer);
  keep_alive_ = reader_->head().keep_alive;
  auto request = reader_->take();
  request.peer = peer_;
  head_ = request.method == "HEAD";
  upgrade_.reset();
  if (!header(request.headers, "Upgrade").empty())
    upgrade_ = http_request{request.method, request.target, request.headers, {}, {}};
  server_->handle(std::move(request), responder{std::make_shared<responder::impl>(weak_from_this(), ++turn_)});
}

void session::upgrade(uint64_t turn, websocket_options options, websocket_events events,
                      std::function<void(std::shared_ptr<websocket>)> opened) {
  if (turn != turn_ || phase_ != phase::handling)
    return;
  if (!upgrade_ || !inbox_.empty() || !asks_for_websocket(*upgrade_))
    return respond(plain(400, "this address speaks WebSocket (RFC 6455)"));
  phase_ = phase::gone;
  timer_.cancel();
  auto done = [server = server_, of = place_.get(), tell = std::move(opened)](std::shared_ptr<websocket> socket) {
    {
      std::lock_guard hold{server->lock};
      server->sockets.emplace(of, socket);
    }
    tell(std::move(socket));
  };
  accept_websocket(std::move(wire_), *upgrade_, std::move(options), std::move(events), std::move(place_),
                   std::move(done));
}
} // namespace

void http_server::impl::accepted(stream::socket socket) {
  auto executor = socket.get_executor();
  std::shared_ptr<session> one;
  bool full = false;
  {
    std::lock_guard hold{lock};
    full = places >= options.connections_max;
    // TLS would need a handshake first: a full server does not pay for that.
    if (stopping || (full && (tls || places >= options.connections_max + turned_away_max)))
      return; // The socket closes itself.
    ++places;
    auto held = std::make_shared<place>(shared_from_this());
    one = std::make_shared<session>(stream{std::move(socket)}, shared_from_this(), held);
    sessions.emplace(held.get(), one);
  }
  asio::post(executor, [one, full] { full ? one->turn_away() : one->start(); });
}

void http_server::impl::handle(http_request request, responder answer) {
  std::shared_lock hold{handler_lock};
  if (call)
    call(std::move(request), std::move(answer));
}

void http_server::impl::stop(std::chrono::milliseconds grace) {
  stopping = true;
  listening->close();
  const auto each = [this](auto what) {
    std::vector<std::shared_ptr<session>> alive;
    {
      std::lock_guard hold{lock};
      for (const auto& [_, one] : sessions)
        if (auto s = one.lock())
          alive.push_back(std::move(s));
    }
    for (auto& one : alive) {
      auto executor = one->executor();
      asio::post(executor, [one, what] { what(*one); });
    }
  };
  if (grace.count() > 0) {
    each([](session& s) { s.retire(); });
    std::unique_lock hold{lock};
    // A connection that became a WebSocket has no request in flight.
    changed.wait_for(hold, grace, [this] {
      return std::all_of(sessions.begin(), sessions.end(), [](const auto& one) { return one.second.expired(); });
    });
  }
  each([](session& s) { s.close(); });
  std::unordered_map<place*, std::shared_ptr<websocket>> open;
  {
    std::lock_guard hold{lock};
    open = sockets;
  }
  for (auto& [_, socket] : open)
    socket->cut();
}

http_server::http_server(io& on, http_server_options options, handler call)
  : impl_(std::make_shared<impl>(on, std::move(options), std::move(call))) {
  if (impl_->options.tls)
    impl_->tls = server_context(*impl_->options.tls);
  impl_->listening = std::make_shared<listener>(on.next(), impl_->options.address, impl_->options.port);
  impl_->listening->run([&on]() -> asio::io_context& { return on.next(); },
                        [weak = std::weak_ptr{impl_}](stream::socket socket) {
                          if (auto alive = weak.lock())
                            alive->accepted(std::move(socket));
                        });
}

http_server::~http_server() {
  stop();
  std::unique_lock hold{impl_->handler_lock};
  impl_->call = nullptr;
}

uint16_t http_server::port() const { return impl_->listening->port(); }
void http_server::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }
} // namespace arrakis::net
