#include "runtime/net/websocket.hpp"

#include "runtime/net/dial.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/websocket_session.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

namespace arrakis::net {
namespace beast = boost::beast;
namespace ws = boost::beast::websocket;

// Found by Beast through argument-dependent lookup: how a stream of ours is ended after the closing handshake.
template <class Handler>
void async_teardown(beast::role_type role, stream& on, Handler&& handler) {
  if (on.secured())
    on.tls().async_shutdown(std::forward<Handler>(handler));
  else
    ws::async_teardown(role, on.lowest(), std::forward<Handler>(handler));
}
void beast_close_socket(stream& on) { on.close(); }

namespace {
constexpr uint16_t no_code = 1006; // RFC 6455 7.4.1: closed without a close frame.

class session final : public std::enable_shared_from_this<session> {
public:
  session(stream on, websocket_options options, websocket_events events, std::shared_ptr<void> place)
    : ws_(std::move(on)),
      options_(std::move(options)),
      events_(std::move(events)),
      place_(std::move(place)),
      patience_(ws_.get_executor()) {
    ws_.read_message_max(options_.message_bytes_max);
    ws_.auto_fragment(false);
    ws_.set_option(ws::stream_base::timeout{options_.handshake, ws::stream_base::none(), false});
  }

  void connect(const endpoint& to, std::function<void(error_code)> done) {
    ws_.async_handshake(to.authority, to.target, std::move(done));
  }
  void accept(const http_request& request, std::function<void(error_code)> done) {
    beast::http::request<beast::http::empty_body> upgrade{beast::http::verb::get, request.target, 11};
    for (const auto& [name, value] : request.headers)
      upgrade.insert(name, value);
    ws_.async_accept(upgrade, std::move(done));
  }
  void run() {
    open_ = true;
    ws_.set_option(ws::stream_base::timeout{options_.closing, ws::stream_base::none(), false});
    read();
  }

  bool send(std::string message, bool binary) {
    const auto size = message.size();
    if (!open_)
      return false;
    if (waiting_bytes_.fetch_add(size) + size > options_.outbox_bytes_max) {
      waiting_bytes_ -= size;
      return false;
    }
    asio::post(ws_.get_executor(), [self = shared_from_this(), text = std::move(message), binary]() mutable {
      self->outbox_.push_back({std::move(text), binary});
      if (!self->writing_)
        self->write();
    });
    return true;
  }
  void close(uint16_t code, std::string reason) {
    open_ = false;
    asio::post(ws_.get_executor(),
               [self = shared_from_this(), code, text = std::move(reason)] { self->begin_close(code, text); });
  }
  void cut() {
    open_ = false;
    asio::post(ws_.get_executor(), [self = shared_from_this()] { self->ws_.next_layer().close(); });
  }

private:
  struct item {
    std::string text;
    bool binary;
  };

  void read() {
    ws_.async_read(inbox_, [self = shared_from_this()](error_code failed, size_t) {
      if (failed)
        return self->ended(failed);
      auto message = beast::buffers_to_string(self->inbox_.data());
      self->inbox_.consume(self->inbox_.size());
      if (self->events_.received)
        self->events_.received(std::move(message), self->ws_.got_binary());
      self->read();
    });
  }

  void write() {
    if (outbox_.empty() || done_) {
      writing_ = false;
      if (closing_)
        write_close();
      return;
    }
    writing_ = true;
    ws_.binary(outbox_.front().binary);
    ws_.async_write(asio::buffer(outbox_.front().text), [self = shared_from_this()](error_code failed, size_t) {
      self->waiting_bytes_ -= self->outbox_.front().text.size();
      self->outbox_.pop_front();
      if (failed) { // The pending read tells how it ended.
        self->outbox_.clear();
        self->writing_ = true;
        return self->ws_.next_layer().close();
      }
      self->write();
    });
  }

  // What was queued before goes first; then the close frame.
  void begin_close(uint16_t code, const std::string& reason) {
    if (closing_ || done_)
      return;
    closing_ = true;
    close_ = {static_cast<ws::close_code>(code), reason.substr(0, 123)}; // RFC 6455 5.5: 125 bytes with the code
    patience_.expires_after(options_.closing);
    patience_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled)
        self->ws_.next_layer().close();
    });
    if (!writing_)
      write_close();
  }
  void write_close() {
    writing_ = true;
    ws_.async_close(close_, [self = shared_from_this()](error_code) {});
  }

  void ended(error_code failed) {
    open_ = false;
    done_ = true;
    patience_.cancel();
    ws_.next_layer().close();
    place_ = nullptr;
    const auto events = std::exchange(events_, {}); // They may hold whoever holds us.
    const auto& why = ws_.reason();
    const bool told = failed == ws::error::closed && why.code != ws::close_code::none;
    if (events.closed)
      events.closed(told ? static_cast<uint16_t>(why.code) : no_code,
                    told ? std::string{why.reason.data(), why.reason.size()} : failed.message());
  }

  ws::stream<stream, false> ws_;
  const websocket_options options_;
  websocket_events events_;
  std::shared_ptr<void> place_;
  beast::flat_buffer inbox_;
  std::deque<item> outbox_;
  ws::close_reason close_;
  asio::steady_timer patience_;
  std::atomic<size_t> waiting_bytes_{0};
  std::atomic<bool> open_{false};
  bool writing_ = false; ///< A write or the close frame is under way: nothing else may be written.
  bool closing_ = false;
  bool done_ = false;
};

// What users hold: a session lives by its own pending read, so a handle that outlives the io threads points at nothing.
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
        self->socket = std::make_shared<session>(std::move(*on), self->options, std::move(self->events), nullptr);
        self->socket->connect(self->to, [self](error_code failed) { self->shaken(failed); });
      });
  }
  void shaken(error_code failed) {
    if (!failed && done) {
      auto made = std::exchange(socket, nullptr);
      made->run(); // First: whoever is told may send at once, from another thread.
      return finish(std::shared_ptr<websocket>{std::make_shared<handle>(made)});
    }
    const bool declined = failed == ws::error::upgrade_declined;
    finish(
      fail(declined ? ec::refused : ec::unavailable, "no WebSocket with " + to.authority + ": " + failed.message()));
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
  if (!to) {
    auto refused = fail(ec::refused, "url: '" + url + "' is not ws://host:port/path or wss://");
    asio::post(context, [refused, opened = std::move(opened)] { opened(refused); });
    return;
  }
  auto way = std::make_shared<opening>(context, *to, std::move(options), std::move(events), std::move(opened));
  asio::post(context, [way] { way->start(); });
}

bool asks_for_websocket(const http_request& request) {
  beast::http::request<beast::http::empty_body> upgrade{beast::http::verb::get, request.target, 11};
  for (const auto& [name, value] : request.headers)
    upgrade.insert(name, value);
  return request.method == "GET" && ws::is_upgrade(upgrade);
}

void accept_websocket(stream on, const http_request& request, websocket_options options, websocket_events events,
                      std::shared_ptr<void> place, std::function<void(std::shared_ptr<websocket>)> opened) {
  auto socket = std::make_shared<session>(std::move(on), std::move(options), std::move(events), std::move(place));
  socket->accept(request, [socket, tell = std::move(opened)](error_code failed) {
    if (failed)
      return;
    socket->run();
    if (tell)
      tell(std::make_shared<handle>(socket));
  });
}
} // namespace arrakis::net
