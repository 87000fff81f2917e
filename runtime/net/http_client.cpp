#include "runtime/net/http_client.hpp"

#include "runtime/log.hpp"
#include "runtime/net/dial.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/wire.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <unordered_map>

namespace arrakis::net {
namespace {
struct call;
struct connection;

/// The connections and the queue of one scheme, host and port.
struct host {
  std::string url;
  endpoint to;
  size_t open = 0; ///< Connections that exist or are being made.
  std::vector<std::shared_ptr<connection>> idle;
  std::deque<std::shared_ptr<call>> waiting;
};

using host_ptr = std::shared_ptr<host>;

struct call {
  call(asio::io_context& context, http_request r, deadline u, http_client::done d)
    : request(std::move(r)), until(u), done(std::move(d)), timer(context) {}
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  ~call() { wipe(wire); }
  void finish(caf::expected<http_response> result) {
    timer.cancel();
    if (auto tell = std::exchange(done, nullptr))
      tell(std::move(result));
  }
  bool finished() const { return !done; }

  http_request request;
  const deadline until;
  http_client::done done;
  asio::steady_timer timer;
  std::string wire; ///< May hold secrets.
  host_ptr at;
  std::shared_ptr<dialing> dial;     ///< While its connection is being made.
  std::weak_ptr<connection> carrier; ///< From the first byte on.
  bool repeated = false;
};

struct connection {
  connection(std::unique_ptr<stream> s, asio::io_context& context) : wire(std::move(s)), idle(context) {}
  std::unique_ptr<stream> wire;
  asio::steady_timer idle;
  std::shared_ptr<call> current;
  std::unique_ptr<response_reader> reader;
  std::string inbox;
  std::array<char, 16384> chunk;
  bool writing = false;
  bool reused = false;
  bool answered = false; ///< A byte of the answer arrived.
  bool closed = false;   ///< No further read is pending.
  bool dropped = false;  ///< The connection no longer counts.
};
using connection_ptr = std::shared_ptr<connection>;
using call_ptr = std::shared_ptr<call>;
} // namespace

// Lives on one io thread; send() and the destructor only post to it.
struct http_client::impl : std::enable_shared_from_this<impl> {
  impl(asio::io_context& c, http_client_options o) : context(c), options(std::move(o)) {}

  void begin(const std::string& url, const call_ptr& work);
  void place(const host_ptr& at, const call_ptr& work);
  void connect(const host_ptr& at, const call_ptr& work);
  void exchange(const host_ptr& at, const connection_ptr& on, const call_ptr& work);
  void read(const host_ptr& at, const connection_ptr& on);
  void arrived(const host_ptr& at, const connection_ptr& on, error_code failed, size_t bytes);
  void written(const host_ptr& at, const connection_ptr& on, const call_ptr& work, error_code failed, size_t bytes);
  void answered(const host_ptr& at, const connection_ptr& on);
  void lose(const host_ptr& at, const connection_ptr& on, ec code, const std::string& why);
  void drop(const host_ptr& at, const connection_ptr& on);
  void next(const host_ptr& at);
  void expire(const call_ptr& work);
  void shut();
  std::shared_ptr<asio::ssl::context> tls();

  asio::io_context& context;
  const http_client_options options;
  std::unordered_map<std::string, host_ptr> hosts;
  std::vector<std::weak_ptr<call>> calls; // For shut(); pruned as it grows.
  size_t waiting = 0;
  bool closed = false;
  std::shared_ptr<asio::ssl::context> tls_context;
};

void http_client::impl::begin(const std::string& url, const call_ptr& work) {
  if (closed)
    return work->finish(fail(ec::unavailable, "the HTTP client has ended"));
  if (work->until.passed(std::chrono::steady_clock::now()))
    return work->finish(fail(ec::timeout, "the deadline passed before the request was sent"));
  const auto to = parse_url(url);
  if (!to)
    return work->finish(fail(ec::invalid, "the address is not http://host:port, https:// or http+unix:/path"));
  if (!printable(work->request))
    return work->finish(fail(ec::invalid, "request: method, target and headers must not hold control characters"));
  auto& at = hosts[url];
  if (!at)
    at = std::make_shared<host>(host{url, *to, 0, {}, {}});
  work->at = at;
  work->wire = write_request(work->request, at->to.authority);
  work->request.body = {};
  work->request.private_target.clear();
  work->request.authorization.clear();
  if (calls.size() >= 1024 && calls.size() >= 2 * (waiting + options.connections_per_host_max))
    std::erase_if(calls, [](const auto& one) { return one.expired(); });
  calls.push_back(work);
  work->timer.expires_at(work->until.at);
  work->timer.async_wait([self = shared_from_this(), work](error_code cancelled) {
    if (!cancelled)
      self->expire(work);
  });
  place(work->at, work);
}

void http_client::impl::place(const host_ptr& at, const call_ptr& work) {
  while (!at->idle.empty()) {
    auto on = std::move(at->idle.back());
    at->idle.pop_back();
    on->idle.cancel();
    if (!on->wire->spoiled())
      return exchange(at, on, work);
    drop(at, on);
  }
  if (at->open < options.connections_per_host_max)
    return connect(at, work);
  if (waiting >= options.waiting_max)
    return work->finish(fail(ec::busy, "too many requests wait for " + at->to.authority));
  ++waiting;
  at->waiting.push_back(work);
}

void http_client::impl::connect(const host_ptr& at, const call_ptr& work) {
  std::shared_ptr<asio::ssl::context> secure;
  try {
    secure = at->to.tls ? tls() : nullptr;
  } catch (const std::runtime_error& failed) {
    return work->finish(fail(ec::unavailable, failed.what()));
  }
  ++at->open;
  auto done = [self = shared_from_this(), at, work](std::unique_ptr<stream> made, std::string why_not) {
    work->dial = nullptr;
    if (work->finished() || !made) {
      --at->open;
      work->finish(fail(ec::unavailable, std::move(why_not)));
      return self->next(at);
    }
    auto on = std::make_shared<connection>(std::move(made), self->context);
    self->read(at, on);
    self->exchange(at, on, work);
  };
  work->dial = dial(context, at->to, std::move(secure), std::move(done));
}

void http_client::impl::exchange(const host_ptr& at, const connection_ptr& on, const call_ptr& work) {
  on->current = work;
  on->answered = false;
  on->writing = true;
  on->reader = std::make_unique<response_reader>(options.header_bytes_max, options.body_bytes_max,
                                                 work->request.method == "HEAD");
  work->carrier = on;
  on->wire->write_all(work->wire.data(), work->wire.size(),
                      [self = shared_from_this(), at, on, work](error_code failed, size_t bytes) {
                        self->written(at, on, work, failed, bytes);
                      });
}

// One read is pending for the whole life of a connection, so that an idle one notices its end.
void http_client::impl::read(const host_ptr& at, const connection_ptr& on) {
  on->wire->read_some(
    on->chunk.data(), on->chunk.size(),
    [self = shared_from_this(), at, on](error_code failed, size_t bytes) { self->arrived(at, on, failed, bytes); });
}

void http_client::impl::written(const host_ptr& at, const connection_ptr& on, const call_ptr& work, error_code failed,
                                size_t bytes) {
  on->writing = false;
  if (on->current != work) { // Answered, expired or lost meanwhile.
    if (on->closed)
      drop(at, on), next(at);
    return;
  }
  if (!failed)
    return on->closed ? lose(at, on, ec::unknown, "the connection ended before an answer") : void();
  const bool untouched = bytes == 0 && !on->answered;
  if (untouched && on->reused && !work->repeated) {
    work->repeated = true;
    on->current = nullptr;
    drop(at, on);
    return connect(at, work);
  }
  lose(at, on, untouched ? ec::unavailable : ec::unknown, "the connection ended while sending: " + failed.message());
}

void http_client::impl::arrived(const host_ptr& at, const connection_ptr& on, error_code failed, size_t bytes) {
  if (on->closed)
    return;
  if (!on->current) { // Idle: the end of the connection, or unsolicited bytes.
    std::erase(at->idle, on);
    drop(at, on);
    return next(at);
  }
  on->inbox.append(on->chunk.data(), bytes);
  on->answered = on->answered || bytes > 0;
  if (const auto wrong = on->reader->feed(on->inbox))
    return lose(at, on, ec::corrupt, wrong.status == 400 ? "the answer is not HTTP" : "the answer is too large");
  const bool clean_end = failed == asio::error::eof && on->reader->end();
  if (on->reader->done() || clean_end)
    return answered(at, on);
  if (!failed)
    return read(at, on);
  if (!on->writing)
    return lose(at, on, ec::unknown, "the connection ended before the whole answer: " + failed.message());
  // Closing ends the write, whose result tells whether a byte of the request was sent.
  on->closed = true;
  on->wire->close();
}

void http_client::impl::answered(const host_ptr& at, const connection_ptr& on) {
  const auto work = std::exchange(on->current, nullptr);
  const bool keep = on->reader->keep_alive() && !on->writing && on->inbox.empty() && !closed;
  auto response = on->reader->take();
  if (!keep) {
    drop(at, on);
  } else {
    on->reused = true;
    wipe(work->wire);
    read(at, on);
    at->idle.push_back(on);
    on->idle.expires_after(options.idle);
    on->idle.async_wait([self = shared_from_this(), at, on](error_code cancelled) {
      if (!cancelled && !on->current && std::erase(at->idle, on) != 0)
        self->drop(at, on), self->next(at);
    });
  }
  work->finish(std::move(response));
  next(at);
}

void http_client::impl::lose(const host_ptr& at, const connection_ptr& on, ec code, const std::string& why) {
  auto work = std::exchange(on->current, nullptr);
  drop(at, on);
  if (work)
    work->finish(fail(code, why + " (" + at->to.authority + ")"));
  next(at);
}

void http_client::impl::drop(const host_ptr& at, const connection_ptr& on) {
  if (std::exchange(on->dropped, true))
    return;
  on->closed = true;
  on->wire->close();
  on->idle.cancel();
  --at->open;
}

void http_client::impl::next(const host_ptr& at) {
  while (!at->waiting.empty() && (!at->idle.empty() || at->open < options.connections_per_host_max)) {
    auto work = std::move(at->waiting.front());
    at->waiting.pop_front();
    --waiting;
    if (!work->finished())
      place(at, work);
  }
  if (at->open == 0 && at->waiting.empty())
    hosts.erase(at->url);
}

void http_client::impl::expire(const call_ptr& work) {
  if (work->dial) {
    work->dial->cancel();
    work->dial = nullptr;
    --work->at->open;
    work->finish(fail(ec::timeout, "the deadline passed while connecting"));
    return next(work->at);
  }
  const auto on = work->carrier.lock();
  if (!on || on->current != work)
    return work->finish(fail(ec::timeout, "the deadline passed while waiting for a connection"));
  on->current = nullptr;
  work->finish(fail(ec::unknown, "no answer before the deadline"));
  on->wire->close(); // arrived() detects the end and frees the slot.
}

void http_client::impl::shut() {
  closed = true;
  for (auto& one : std::exchange(calls, {})) {
    const auto work = one.lock();
    if (!work || work->finished())
      continue;
    if (work->dial)
      std::exchange(work->dial, nullptr)->cancel();
    const auto on = work->carrier.lock();
    const bool sent = on && on->current == work;
    if (sent) {
      on->current = nullptr;
      on->wire->close();
    }
    work->finish(fail(sent ? ec::unknown : ec::unavailable, "the HTTP client has ended"));
  }
  for (auto& [url, at] : hosts) {
    at->waiting.clear();
    for (auto& on : std::exchange(at->idle, {}))
      drop(at, on);
  }
}

std::shared_ptr<asio::ssl::context> http_client::impl::tls() {
  if (!tls_context)
    tls_context = client_context(options.tls);
  return tls_context;
}

http_client::http_client(io& on, http_client_options options)
  : impl_(std::make_shared<impl>(on.next(), std::move(options))) {}

http_client::~http_client() {
  if (impl_->context.stopped())
    impl_->shut();
  else
    asio::post(impl_->context, [self = impl_] { self->shut(); });
}

void http_client::reread_certificates() {
  asio::post(impl_->context, [self = impl_] {
    try {
      if (self->tls_context)
        self->tls_context = client_context(self->options.tls);
    } catch (const std::runtime_error& failed) {
      log::error("net.certificates_unreadable", {{"error", failed.what()}});
    }
  });
}

std::function<void()> http_client::send(const std::string& url, http_request request, deadline until, done tell) {
  auto work = std::make_shared<call>(impl_->context, std::move(request), until, std::move(tell));
  asio::post(impl_->context, [self = impl_, url, work] { self->begin(url, work); });
  return [in = std::weak_ptr{impl_}, of = std::weak_ptr{work}] {
    const auto self = in.lock();
    const auto taken_back = of.lock();
    if (self && taken_back)
      asio::post(self->context, [self, taken_back] {
        if (!taken_back->finished())
          self->expire(taken_back);
      });
  };
}
} // namespace arrakis::net
