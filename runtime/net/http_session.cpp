#include "runtime/net/http_session.hpp"

#include "runtime/clock.hpp"
#include "runtime/net/http_date.hpp"
#include "runtime/net/websocket_session.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace arrakis::net {
const std::string& date_now() {
  thread_local int64_t second = -1;
  thread_local std::string text;
  if (const auto now = wall_ms() / 1'000; now != second) {
    second = now;
    text = http_date(now);
  }
  return text;
}

struct responder::impl {
  impl(std::weak_ptr<session> s, uint64_t t) : to(std::move(s)), turn(t) {}
  ~impl() {
    if (!used)
      give([turn = turn](session& s) { s.answer(turn, plain(503, "nobody answered: try again")); });
  }
  bool first() { return !used.exchange(true); }
  // The timer owns the session, and ends with the io threads.
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
  if (impl_ && impl_->first())
    impl_->give([turn = impl_->turn, r = std::move(response)](session& s) mutable { s.answer(turn, std::move(r)); });
}
void responder::upgrade(websocket_options options, websocket_events events,
                        std::function<void(std::shared_ptr<websocket>)> opened) const {
  if (impl_ && impl_->first())
    impl_->give([turn = impl_->turn, o = std::move(options), e = std::move(events), done = std::move(opened)](
                  session& s) mutable { s.upgrade(turn, std::move(o), std::move(e), std::move(done)); });
}
void responder::stream(http_response head, stream_options options, std::function<void(body_stream)> opened) const {
  if (impl_ && impl_->first())
    impl_->give([turn = impl_->turn, h = std::move(head), o = std::move(options), done = std::move(opened)](
                  session& s) mutable { s.begin_stream(turn, std::move(h), std::move(o), std::move(done)); });
}
void responder::cut() const {
  if (impl_ && impl_->first())
    impl_->give([turn = impl_->turn](session& s) { s.cut(turn); });
}

void session::handle() {
  enter(phase::handling);
  arm(answer_within_);
  keep_alive_ = reader_->head().keep_alive;
  auto request = reader_->take();
  upgrade_.reset();
  if (!header(request.headers, "Upgrade").empty())
    upgrade_ = http_request{request.method, request.target, request.headers, {}, {}};
  const auto chosen = std::exchange(handler_, nullptr);
  server_->handle(chosen, std::move(request), responder{std::make_shared<responder::impl>(weak_from_this(), ++turn_)});
  input_.resize(0); // A handler that stores the request has validated it.
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

bool body_stream::send(std::string piece) const {
  const auto alive = impl_->ended ? nullptr : impl_->to.lock();
  if (!alive || piece.empty())
    return alive != nullptr;
  const auto size = piece.size();
  if (impl_->waiting.fetch_add(size) + size > impl_->bytes_max) {
    impl_->ended = true;
    asio::post(alive->executor(), [alive] { alive->cut_stream(); });
    return false;
  }
  asio::post(alive->executor(), [alive, piece = std::move(piece)]() mutable { alive->append(std::move(piece)); });
  return true;
}

void body_stream::finish() const {
  if (const auto alive = impl_->ended.exchange(true) ? nullptr : impl_->to.lock())
    asio::post(alive->executor(), [alive] { alive->finish_stream(); });
}

void session::begin_stream(uint64_t turn, http_response head, stream_options options,
                           std::function<void(body_stream)> opened) {
  if (turn != turn_ || phase_ != phase::handling)
    return;
  if (!printable(head))
    return respond(std::move(head)); // Logs the error and answers 500.
  const bool old = reader_->head().http_1_0;
  stream_ = std::make_unique<open_stream>();
  stream_->shared = std::make_shared<body_stream::impl>();
  stream_->shared->to = weak_from_this();
  stream_->shared->bytes_max = options.bytes_max;
  stream_->closed = std::move(options.closed);
  stream_->chunked = !old && !head_;
  const bool dated = !header(head.headers, "Date").empty();
  using body = response_frame::body;
  stream_->queue = write_response(head, {dated ? std::string_view{} : std::string_view{date_now()}, "close", false,
                                         old ? body::until_end : body::chunked});
  enter(phase::streaming);
  discard(); // Reads and drops the peer's input, and notices its end.
  const body_stream out{stream_->shared};
  if (head_)
    return out.finish();
  pump();
  server_->call_back([&] { opened(out); });
}

void session::append(std::string piece) {
  if (phase_ != phase::streaming || stream_->finished)
    return;
  const auto waiting = stream_->shared->waiting.load();
  if (output_.resize(waiting > free_bytes ? waiting : 0, true) != quota::verdict::granted)
    return cut_stream();
  stream_->queued += piece.size();
  if (stream_->chunked)
    stream_->queue += fmt::format("{:x}\r\n", piece.size());
  stream_->queue += piece;
  if (stream_->chunked)
    stream_->queue += "\r\n";
  pump();
}

void session::finish_stream() {
  if (phase_ != phase::streaming || stream_->finished)
    return;
  stream_->finished = true;
  if (stream_->chunked)
    stream_->queue += "0\r\n\r\n";
  pump();
}

/// Writes the waiting bytes, one write at a time; bytes that arrive during a write share the next one.
void session::pump() {
  auto& s = *stream_;
  if (s.writing)
    return;
  if (s.queue.empty() && s.finished) {
    stream_ = nullptr;
    enter(phase::lingering);
    arm(linger);
    return wire_.shutdown_send(); // The read of discard() continues.
  }
  if (s.queue.empty())
    return static_cast<void>(timer_.cancel()); // A stream may be silent for as long as it likes.
  s.writing = true;
  outbox_ = std::exchange(s.queue, {});
  s.in_flight = std::exchange(s.queued, 0);
  arm(server_->options.answer);
  wire_.write_all(outbox_.data(), outbox_.size(), [self = shared_from_this()](error_code failed, size_t) {
    if (self->phase_ != phase::streaming)
      return;
    if (failed)
      return self->close();
    self->stream_->writing = false;
    self->stream_->shared->waiting -= self->stream_->in_flight;
    self->pump();
  });
}
} // namespace arrakis::net
