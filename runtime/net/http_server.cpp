#include "runtime/net/http_server.hpp"

#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/listener.hpp"
#include "runtime/net/quota.hpp"
#include "runtime/net/shedding.hpp"
#include "runtime/net/visitor.hpp"
#include "runtime/net/websocket_session.hpp"
#include "runtime/net/wire.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
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

// Buffered bytes of one connection that no quota counts: one read. A request that fits costs no lock.
constexpr size_t free_bytes = 8192;

class session;
struct place;
} // namespace

struct http_server::impl : std::enable_shared_from_this<impl> {
  impl(io& i, http_server_options o, handler h) : on(i), options(std::move(o)), call(std::move(h)) {}

  bool accepted(stream::socket socket);
  bool take_place(visitor& from, quota::share& place);
  bool make_room(bool spare);
  bool make_room_for_bytes(const session& newcomer, size_t wanted);
  using ranked_sessions = std::vector<shedding::candidate<session>>;
  ranked_sessions rank_all();
  void shed(const ranked_sessions&, shedding::room* counted = nullptr);
  void handle(http_request request, responder answer);
  void stop(std::chrono::milliseconds grace);

  io& on;
  const http_server_options options;
  std::shared_ptr<asio::ssl::context> tls;
  std::shared_ptr<listener> listening;
  std::atomic<bool> stopping{false};
  refusals refused;
  const std::shared_ptr<quota> connections = std::make_shared<quota>(options.connections_max,
                                                                     options.connections_per_peer_max);
  const std::shared_ptr<quota> spare_connections = std::make_shared<quota>(spare_connections_max, spare_per_peer_max);
  /// Requests at once of peers behind trusted proxies.
  const std::shared_ptr<quota> forwarded = std::make_shared<quota>(SIZE_MAX, options.connections_per_peer_max);
  const std::shared_ptr<quota> bytes = std::make_shared<quota>(options.input_bytes_max,
                                                               options.input_bytes_per_peer_max);

  std::shared_mutex handler_lock; // Shared while the handler runs; the destructor takes it alone.
  handler call;

  std::mutex lock; // Guards what follows.
  std::condition_variable changed;
  std::unordered_map<place*, std::weak_ptr<session>> sessions;
  std::unordered_map<place*, std::shared_ptr<websocket>> sockets;
  size_t places = 0;
  shedding::room room[2]; ///< Of the limits, and spare.
  shedding::holders<session> half_sent;
};

namespace {
/// One of `connections_max`, or a spare one: held by the session of a connection, then by its WebSocket.
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

class session : public std::enable_shared_from_this<session> {
public:
  enum class phase { greeting, idle, reading, handling, writing, lingering, gone };

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
    if (!server_->tls)
      return next_request();
    wire_.handshake_server(*server_->tls, [self = shared_from_this()](error_code failed) {
      if (self->phase_ == phase::greeting)
        failed ? self->close() : self->next_request();
    });
  }
  bool server_is_stopping() const { return server_->stopping; }
  bool is_spare() const { return from_.spare.has_value(); }
  /// From any thread; see shedding::rank_now().
  uint64_t rank() const { return rank_; }
  /// Closes the connection if nothing came of it since it had this rank.
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
    enter(phase::gone);
    timer_.cancel();
    wire_.close();
    place_ = nullptr;
    input_.resize(0);
    output_.resize(0);
    forwarded_ = {};
  }

private:
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

  /// Judges the head; false: the request is answered already.
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

  /// Counts what waits here until the handler returns; false: there is no room, and the request is answered.
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
      log::error("response_refused", {{"error", "a response header holds control characters"}});
      response = plain(500, "internal error");
    }
    write(response, !keep_alive_ || server_->stopping || is_spare());
  }
  /// An early answer: what came of the request is forgotten at once.
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
    outbox_ = write_response(response, last ? "close" : keep_open, head_);
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
      if (failed || self->drained_ > linger_bytes_max || self->phase_ != phase::lingering)
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
  std::optional<http_request> upgrade_;
  std::string inbox_, outbox_, peer_;
  std::array<char, 8192> chunk_;
  uint64_t turn_ = 0; ///< Counts requests: an answer to an earlier one finds nobody.
  size_t drained_ = 0;
  bool keep_alive_ = false, head_ = false, continued_ = false, essential_ = false;
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
  enter(phase::handling);
  arm(server_->options.answer);
  keep_alive_ = reader_->head().keep_alive;
  auto request = reader_->take();
  upgrade_.reset();
  if (!header(request.headers, "Upgrade").empty())
    upgrade_ = http_request{request.method, request.target, request.headers, {}, {}};
  server_->handle(std::move(request), responder{std::make_shared<responder::impl>(weak_from_this(), ++turn_)});
  input_.resize(0); // Whoever keeps the request beyond the handler has judged it.
}

void session::upgrade(uint64_t turn, websocket_options options, websocket_events events,
                      std::function<void(std::shared_ptr<websocket>)> opened) {
  if (turn != turn_ || phase_ != phase::handling)
    return;
  if (!upgrade_ || !inbox_.empty() || !asks_for_websocket(*upgrade_))
    return respond(plain(400, "this address speaks WebSocket (RFC 6455)"));
  enter(phase::gone);
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

/// All connections with their ranks, which others may change meanwhile.
http_server::impl::ranked_sessions http_server::impl::rank_all() {
  ranked_sessions found; // A session that ends with its last owner needs the lock.
  {
    std::lock_guard hold{lock};
    found.reserve(sessions.size());
    for (const auto& [_, one] : sessions)
      if (auto alive = one.lock())
        found.push_back({alive->rank(), std::move(alive)});
  }
  return found;
}

void http_server::impl::shed(const ranked_sessions& chosen, shedding::room* counted) {
  if (counted)
    counted->choose(chosen.size());
  for (const auto& [rank, one] : chosen)
    asio::post(one->executor(), [rank = rank, one = one, counted] {
      one->shed(rank);
      if (counted)
        counted->asked();
    });
}

/// Closes what was idle longest, else what was half sent longest, among those of the limits or among the spare ones;
/// false: all are busy, or what was chosen is closing. Only the accepting thread comes here.
bool http_server::impl::make_room(bool spare) {
  // Read before the judgement: one that ends in between counts here, and as chosen no more.
  const auto all = (spare ? *spare_connections : *connections).all();
  const auto most = spare ? spare_connections_max : options.connections_max;
  auto judged = room[spare].judge(all, most);
  if (judged == shedding::room::verdict::search) {
    auto found = rank_all();
    std::erase_if(found, [&](const auto& each) { return each.one->is_spare() != spare; });
    shedding::keep_soonest(found, std::min(shedding::room::at_once_max, options.connections_max / 16 + 1));
    shed(found, &room[spare]);
    judged = room[spare].judge(all, most);
  }
  return judged == shedding::room::verdict::granted;
}

/// Closes the requests that have been half sent longest until they give back what the newcomer needs; false: they hold
/// less than that, or too much is being given back already.
bool http_server::impl::make_room_for_bytes(const session& newcomer, size_t wanted) {
  if (bytes->all() - options.input_bytes_max > wanted && bytes->all() > options.input_bytes_max)
    return false;
  const auto chosen = half_sent.first_with(wanted, &newcomer);
  shed(chosen);
  return !chosen.empty();
}

/// False: there is no place at all. Otherwise `from.spare` says whether it is beyond a limit.
bool http_server::impl::take_place(visitor& from, quota::share& place) {
  using verdict = quota::verdict;
  place = {connections, from.key()};
  auto judged = place.resize(1);
  if (judged == verdict::full && make_room(false))
    judged = place.resize(1, true);
  if (judged == verdict::granted)
    return true;
  from.spare = judged == verdict::full ? refusal::connections : refusal::connections_per_address;
  place = {spare_connections, from.key()};
  judged = place.resize(1);
  if (judged == verdict::full && make_room(true))
    judged = place.resize(1, true);
  return judged == verdict::granted;
}

/// False: the listener is full, and what closes for the next one must have its turn.
bool http_server::impl::accepted(stream::socket socket) {
  stream wire{std::move(socket)};
  visitor from{wire.remote(), false, std::nullopt};
  from.trusted = !from.address || any_contains(options.trusted_proxies, *from.address);
  quota::share count;
  if (!take_place(from, count))
    return refused.count(*from.spare), false; // The socket closes itself.
  std::shared_ptr<session> one;
  {
    auto held = std::make_shared<place>(shared_from_this(), std::move(count));
    std::lock_guard hold{lock};
    ++places; // Given back by ~place, for which the lock must be free.
    one = std::make_shared<session>(std::move(wire), shared_from_this(), held, from);
    sessions.emplace(held.get(), one);
  }
  asio::post(one->executor(), [one] { one->server_is_stopping() ? one->close() : one->start(); });
  return connections->all() < options.connections_max;
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
    for (auto& one : alive)
      asio::post(one->executor(), [one, what] { what(*one); });
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
                          const auto alive = weak.lock();
                          return alive && alive->accepted(std::move(socket));
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
