#include "runtime/net/websocket.hpp"

#include "runtime/clock.hpp"
#include "runtime/net/dial.hpp"
#include "runtime/net/frames.hpp"
#include "runtime/net/handshake.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/websocket_session.hpp"
#include "runtime/net/wire.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>

namespace arrakis::net {
namespace {
constexpr uint16_t no_code = 1006;            // RFC 6455 7.4.1: closed without a close frame.
constexpr size_t write_bytes_max = 256 << 10; // Limit of one write of queued frames.

using shaken = std::function<void(std::string why_not, bool declined)>;

class session final : public std::enable_shared_from_this<session> {
public:
  session(stream on, websocket_options options, websocket_events events, bool client, std::shared_ptr<void> place)
    : wire_(std::move(on)),
      options_(std::move(options)),
      events_(std::move(events)),
      place_(std::move(place)),
      client_(client),
      frames_(!client, options_.message_bytes_max),
      patience_(wire_.get_executor()),
      pause_(wire_.get_executor()) {}

  void connect(const endpoint& to, shaken done) {
    key_ = handshake::make_key();
    writing_ = handshake::request_text(to.authority, to.target, key_);
    wire_.write_all(writing_.data(), writing_.size(),
                    [self = shared_from_this(), done = std::move(done)](error_code failed, size_t) {
                      failed ? done(failed.message(), false) : self->read_answer(done);
                    });
  }
  void accept(const http_request& request, std::function<void(error_code)> done) {
    writing_ = handshake::response_text(header(request.headers, "Sec-WebSocket-Key"));
    wire_.write_all(writing_.data(), writing_.size(),
                    [self = shared_from_this(), done = std::move(done)](error_code failed, size_t) { done(failed); });
  }
  void open() { open_ = true; }
  void run() { arrived(); } // First the bytes that arrived with the handshake.

  bool send(std::string message, bool binary) {
    const auto size = message.size();
    if (!open_)
      return false;
    if (waiting_bytes_.fetch_add(size) + size > options_.outbox_bytes_max) {
      waiting_bytes_ -= size;
      return false;
    }
    asio::post(wire_.get_executor(), [self = shared_from_this(), text = std::move(message), binary]() mutable {
      self->outbox_.push_back({std::move(text), binary});
      self->write();
    });
    return true;
  }
  void close(uint16_t code, std::string reason) {
    open_ = false;
    asio::post(wire_.get_executor(), [self = shared_from_this(), code, text = std::move(reason)]() mutable {
      self->begin_close({code, std::move(text)});
    });
  }
  void cut() {
    open_ = false;
    asio::post(wire_.get_executor(), [self = shared_from_this()] {
      self->wire_.close();
      self->pause_.cancel(); // Without a pending read nothing else would notice.
      if (self->paused_)
        self->ended(no_code, "cut");
    });
  }

private:
  struct item {
    std::string text;
    bool binary;
  };

  void read_answer(const shaken& done) {
    const auto to = frames_.space();
    wire_.read_some(to.data(), to.size(), [self = shared_from_this(), done, to](error_code failed, size_t bytes) {
      if (failed)
        return done(failed.message(), false);
      self->head_.append(to.data(), bytes);
      const auto end = handshake::head_end(self->head_);
      if (end == std::string::npos)
        return self->head_.size() > handshake::head_bytes_max ? done("the answer's head has no end", false)
                                                              : self->read_answer(done);
      const auto verdict = handshake::judge(std::string_view{self->head_}.substr(0, end), self->key_);
      if (!verdict.why_not.empty())
        return done(verdict.why_not, verdict.declined);
      self->put_back(std::string_view{self->head_}.substr(end));
      self->head_ = {};
      done({}, false);
    });
  }
  void put_back(std::string_view rest) {
    while (!rest.empty()) {
      const auto to = frames_.space();
      const auto part = std::min(to.size(), rest.size());
      std::memcpy(to.data(), rest.data(), part);
      frames_.took(part);
      rest.remove_prefix(part);
    }
  }

  void read() {
    const auto to = frames_.space();
    wire_.read_some(to.data(), to.size(), [self = shared_from_this()](error_code failed, size_t bytes) {
      if (failed)
        return self->ended(no_code, failed.message());
      self->frames_.took(bytes);
      self->arrived();
    });
  }

  void arrived() {
    auto found = frames_.find();
    if (open_ && !found.messages.empty())
      deliver(found);
    for (auto& each : found.controls) {
      if (each.kind == frames::opcode::close)
        return closed_by_peer(each.payload);
      if (each.kind == frames::opcode::ping) { // Only the last one needs its answer: RFC 6455 5.5.3.
        pong_ = std::move(each.payload);
        write();
      }
    }
    if (found.fault)
      return broken(found.fault);
    if (!closing_ && unread_ > options_.unread_bytes_max)
      return pause();
    read();
  }

  void deliver(frames::found& found) {
    if (!events_.batch) {
      for (const auto& each : found.messages)
        if (events_.received && open_) // The callback may close this socket.
          events_.received(std::string{each.bytes}, each.binary);
      return;
    }
    auto made = std::make_shared<websocket_batch>();
    made->messages = std::move(found.messages);
    made->blocks = std::move(found.blocks);
    unread_ += found.bytes;
    made->unread = {nullptr, [weak = weak_from_this(), bytes = found.bytes](void*) {
                      if (const auto self = weak.lock())
                        self->done_with(bytes);
                    }};
    events_.batch(std::move(made));
  }

  // The timer keeps the session alive, as a pending read does.
  void pause() {
    paused_ = true;
    pause_.expires_at(asio::steady_timer::time_point::max());
    pause_.async_wait([self = shared_from_this()](error_code) {});
    if (unread_ <= options_.unread_bytes_max / 2) // Given back between the question and the pause.
      resume();
  }
  void resume() {
    if (!paused_.exchange(false))
      return;
    read();
    pause_.cancel();
  }
  /// From any thread.
  void done_with(size_t bytes) {
    const auto left = unread_.fetch_sub(bytes) - bytes;
    if (paused_ && left <= options_.unread_bytes_max / 2)
      asio::post(wire_.get_executor(), [self = shared_from_this()] { self->resume(); });
  }

  void append(frames::opcode kind, bool last, std::string_view payload) {
    std::optional<std::array<unsigned char, 4>> mask;
    if (client_)
      random_bytes(mask.emplace());
    frames::append(writing_, kind, last, payload, mask);
  }
  void append(const item& one) {
    auto kind = one.binary ? frames::opcode::binary : frames::opcode::text;
    std::string_view rest{one.text};
    const auto part = options_.fragment_bytes > 0 ? options_.fragment_bytes : std::max<size_t>(rest.size(), 1);
    do {
      append(kind, rest.size() <= part, rest.substr(0, part));
      rest.remove_prefix(std::min(part, rest.size()));
      kind = frames::opcode::more;
    } while (!rest.empty());
  }

  // Everything that waits, in one write: a pong first, then messages, and the close frame behind them.
  void write() {
    if (busy_ || close_sent_)
      return;
    writing_.clear();
    if (pong_)
      append(frames::opcode::pong, true, *std::exchange(pong_, std::nullopt));
    size_t bytes = 0;
    while (!outbox_.empty() && writing_.size() < write_bytes_max) {
      bytes += outbox_.front().text.size();
      append(outbox_.front());
      if (client_) // A client's message may hold a secret.
        wipe(outbox_.front().text);
      outbox_.pop_front();
    }
    if (outbox_.empty() && closing_) {
      append(frames::opcode::close, true, frames::write_close(*closing_));
      close_sent_ = true;
    }
    if (writing_.empty())
      return;
    busy_ = true;
    wire_.write_all(writing_.data(), writing_.size(), [self = shared_from_this(), bytes](error_code failed, size_t) {
      self->busy_ = false;
      self->waiting_bytes_ -= bytes;
      if (self->client_)
        wipe(self->writing_);
      if (failed) { // A pending read reports the end, if there is one.
        self->wire_.close();
        return self->heard_ || self->fault_ ? self->ended(no_code, failed.message()) : void();
      }
      if (self->writing_.capacity() > write_bytes_max)
        self->writing_ = {};
      self->close_sent_ ? self->sent_close() : self->write();
    });
  }

  void begin_close(frames::closing with) {
    if (closing_ || done_)
      return;
    closing_ = std::move(with);
    lose_patience();
    resume(); // Only the other end's close frame is of interest now.
    write();
  }
  void lose_patience() {
    patience_.expires_after(options_.closing);
    patience_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) {
        self->wire_.close();
        self->ended(no_code, "no answer to the close frame");
      }
    });
  }
  /// The other end's close frame: it is answered with the same code, and both ends know.
  void closed_by_peer(const std::string& payload) {
    const auto told = frames::read_close(payload);
    if (!told)
      return broken(frames::protocol_error);
    heard_ = *told;
    open_ = false;
    if (closing_) {
      if (close_sent_ && !busy_)
        farewell();
      return;
    }
    outbox_.clear();
    closing_ = frames::closing{told->code, {}};
    lose_patience();
    write();
  }
  void broken(uint16_t code) {
    open_ = false;
    fault_ = true;
    outbox_.clear();
    if (!closing_)
      lose_patience();
    closing_ = frames::closing{code, {}};
    write();
  }
  void sent_close() {
    if (heard_ || fault_)
      farewell();
  }

  // Closing with unread bytes would reset the connection and destroy the close frame on its way.
  void farewell() {
    if (wire_.secured())
      wire_.tls().async_shutdown([self = shared_from_this()](error_code) { self->ended(no_code, "broken frames"); });
    else {
      wire_.shutdown_send();
      discard();
    }
  }
  void discard() {
    wire_.read_some(discarded_.data(), discarded_.size(), [self = shared_from_this()](error_code failed, size_t) {
      failed ? self->ended(no_code, "broken frames") : self->discard();
    });
  }

  void ended(uint16_t code, const std::string& why) {
    if (std::exchange(done_, true))
      return;
    open_ = false;
    patience_.cancel();
    pause_.cancel();
    wire_.close();
    place_ = nullptr;
    const auto events = std::exchange(events_, {}); // The callbacks may own the owner of this socket.
    if (!events.closed)
      return;
    const bool told = heard_ && heard_->code != frames::no_code_sent;
    told ? events.closed(heard_->code, heard_->reason) : events.closed(code, why);
  }

  stream wire_;
  const websocket_options options_;
  websocket_events events_;
  std::shared_ptr<void> place_;
  const bool client_;
  frames::reader frames_;
  std::string key_, head_; ///< Key and head of the handshake.
  std::string writing_;
  std::deque<item> outbox_;
  std::optional<std::string> pong_;
  std::optional<frames::closing> closing_; ///< This end's close frame, once it is to be sent.
  std::optional<frames::closing> heard_;   ///< The peer's close frame.
  std::array<char, 4096> discarded_;
  asio::steady_timer patience_, pause_;
  std::atomic<size_t> waiting_bytes_{0}, unread_{0};
  std::atomic<bool> open_{false}, paused_{false};
  bool busy_ = false; ///< A write is under way.
  bool close_sent_ = false;
  bool fault_ = false;
  bool done_ = false;
};

// Handle of users. A session lives by its own pending read, so a handle that outlives the io threads is empty.
class handle final : public websocket {
public:
  explicit handle(const std::shared_ptr<session>& to) : to_(to) {}
  bool send(std::string message, bool binary) override {
    const auto to = to_.lock();
    return to && to->send(std::move(message), binary);
  }
  void close(uint16_t code, std::string reason) override {
    if (const auto to = to_.lock())
      to->close(code, std::move(reason));
  }
  void cut() override {
    if (const auto to = to_.lock())
      to->cut();
  }

private:
  const std::weak_ptr<session> to_;
};

using opened_client = std::function<void(caf::expected<std::shared_ptr<websocket>>)>;

// The whole way from the URL to the open socket, under one deadline.
struct opening : std::enable_shared_from_this<opening> {
  opening(asio::io_context& c, endpoint t, websocket_options o, websocket_events e, opened_client d)
    : context(c), to(std::move(t)), options(std::move(o)), events(std::move(e)), done(std::move(d)), timer(c) {}

  void start() {
    std::shared_ptr<asio::ssl::context> secure;
    try {
      secure = to.tls ? client_context(options.tls) : nullptr;
    } catch (const std::runtime_error& failed) {
      return finish(fail(ec::unavailable, failed.what()));
    }
    timer.expires_after(options.handshake);
    timer.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled)
        self->finish(fail(ec::unavailable, "no WebSocket with " + self->to.authority + " in time"));
    });
    way = dial(
      context, to, std::move(secure), [self = shared_from_this()](std::unique_ptr<stream> on, std::string why_not) {
        if (!on)
          return self->finish(fail(ec::unavailable, std::move(why_not)));
        self->socket = std::make_shared<session>(std::move(*on), self->options, std::move(self->events), true, nullptr);
        self->socket->connect(
          self->to, [self](const std::string& failed, bool declined) { self->shaken_hands(failed, declined); });
      });
  }
  void shaken_hands(const std::string& failed, bool declined) {
    if (failed.empty() && done) {
      // The callback may send at once, from another thread: the socket is open before. Input behind the handshake is
      // received after.
      auto made = std::exchange(socket, nullptr);
      made->open();
      finish(std::shared_ptr<websocket>{std::make_shared<handle>(made)});
      return made->run();
    }
    finish(fail(declined ? ec::refused : ec::unavailable, "no WebSocket with " + to.authority + ": " + failed));
  }
  void finish(caf::expected<std::shared_ptr<websocket>> result) {
    timer.cancel();
    if (way)
      std::exchange(way, nullptr)->cancel();
    if (socket)
      socket->cut();
    if (auto tell = std::exchange(done, nullptr))
      tell(std::move(result));
  }

  asio::io_context& context;
  const endpoint to;
  const websocket_options options;
  websocket_events events;
  opened_client done;
  asio::steady_timer timer;
  std::shared_ptr<dialing> way;
  std::shared_ptr<session> socket;
};
} // namespace

void connect_websocket(io& on, const std::string& url, websocket_options options, websocket_events events,
                       opened_client opened) {
  auto& context = on.next();
  const bool websocket_url = url.starts_with("ws://") || url.starts_with("wss://");
  const auto to = websocket_url ? parse_url(url) : std::nullopt;
  if (!to || !printable(http_request{"GET", to->target, {}, {}, {}})) {
    auto refused = fail(ec::refused, "the address is not ws://host:port/path or wss://");
    asio::post(context, [refused, opened = std::move(opened)] { opened(refused); });
    return;
  }
  auto way = std::make_shared<opening>(context, *to, std::move(options), std::move(events), std::move(opened));
  asio::post(context, [way] { way->start(); });
}

bool asks_for_websocket(const http_request& request) {
  const auto& all = request.headers;
  constexpr size_t key_bytes = 24; // Sixteen bytes in Base64.
  return request.method == "GET" && handshake::lists(header(all, "Upgrade"), "websocket")
      && handshake::lists(header(all, "Connection"), "upgrade") && header(all, "Sec-WebSocket-Version") == "13"
      && header(all, "Sec-WebSocket-Key").size() == key_bytes;
}

void accept_websocket(stream on, const http_request& request, websocket_options options, websocket_events events,
                      std::shared_ptr<void> place, std::function<void(std::shared_ptr<websocket>)> opened) {
  auto socket = std::make_shared<session>(std::move(on), std::move(options), std::move(events), false,
                                          std::move(place));
  socket->accept(request, [socket, tell = std::move(opened)](error_code failed) {
    if (failed)
      return;
    socket->open();
    if (tell)
      tell(std::make_shared<handle>(socket));
    socket->run();
  });
}
} // namespace arrakis::net
