#include "tests/system/forwarder.hpp"

#include "runtime/clock.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <mutex>

namespace arrakis::system_test {
namespace {
/// Of one connection only, or set by whoever writes the next one.
bool is_hop_header(std::string_view name) {
  return name == "Host" || name == "Connection" || name == "Content-Length" || name == "Transfer-Encoding";
}
net::headers without_hop_headers(net::headers all) {
  std::erase_if(all, [](const auto& h) { return is_hop_header(h.first); });
  return all;
}
} // namespace

struct forwarder::impl {
  net::io io{1};
  net::http_client client{io, {.connections_per_host_max = 2'000}};
  mutable std::mutex lock;
  std::vector<std::string> targets;
  std::vector<int64_t> passed;
  size_t next = 0;
  std::atomic<int64_t> delay_ms{0};
  std::unique_ptr<net::http_server> server;

  std::string turn() {
    std::lock_guard hold{lock};
    if (targets.empty())
      return {};
    const auto index = next++ % targets.size();
    ++passed[index];
    return targets[index];
  }
  void pass(net::http_request request, const net::responder& respond) {
    const auto target = turn();
    if (target.empty())
      return respond.cut();
    request.headers = without_hop_headers(std::move(request.headers));
    client.send(target, std::move(request), {std::chrono::steady_clock::now() + std::chrono::seconds{30}},
                [respond](caf::expected<net::http_response> got) {
                  if (!got)
                    return respond.cut();
                  got->headers = without_hop_headers(std::move(got->headers));
                  respond(std::move(*got));
                });
  }
  void handle(net::http_request request, net::responder respond) {
    const auto most = delay_ms.load();
    if (most == 0)
      return pass(std::move(request), respond);
    auto timer = std::make_shared<boost::asio::steady_timer>(io.next());
    timer->expires_after(std::chrono::milliseconds{static_cast<int64_t>(jitter() * static_cast<double>(most))});
    timer->async_wait([this, timer, respond, late = std::move(request)](auto cancelled) mutable {
      if (!cancelled)
        pass(std::move(late), respond);
    });
  }
};

forwarder::forwarder() : impl_(std::make_unique<impl>()) {
  net::http_server_options o;
  o.connections_max = 8'000;
  impl_->server = std::make_unique<net::http_server>(impl_->io, o, [this](net::http_request request, net::responder r) {
    impl_->handle(std::move(request), std::move(r));
  });
}
forwarder::~forwarder() {
  impl_->server->stop();
  impl_->io.stop(); // Before what its handlers use.
}

std::string forwarder::url() const { return fmt::format("http://127.0.0.1:{}", impl_->server->port()); }

void forwarder::to(std::vector<std::string> urls) {
  std::lock_guard hold{impl_->lock};
  impl_->passed.assign(urls.size(), 0);
  impl_->targets = std::move(urls);
  impl_->next = 0;
}

void forwarder::delay(std::chrono::milliseconds most) { impl_->delay_ms = most.count(); }

int64_t forwarder::passed(size_t index) const {
  std::lock_guard hold{impl_->lock};
  return impl_->passed.at(index);
}

} // namespace arrakis::system_test
