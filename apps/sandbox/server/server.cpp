#include "apps/sandbox/server/server.hpp"

#include "apps/sandbox/core/timers.hpp"
#include "runtime/net/router/middleware.hpp"
#include "runtime/url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <future>

namespace arrakis::sandbox {
namespace {
constexpr size_t body_bytes_max = 32 << 20; // The most that a route takes.

bool is_below(const net::http_request& head, std::string_view prefix) { return head.target.starts_with(prefix); }

/// A gateway is where a client of it connects: Discord's has paths of its own choice.
bool is_for_gateway(const net::http_request& head) {
  return !net::header(head.headers, "Upgrade").empty() && !is_below(head, "/_sandbox/");
}
} // namespace

server::server(options o)
  : core_(io_, std::move(o)),
    delivery_(core_),
    rest_(core_, delivery_),
    control_(core_, delivery_, rest_),
    page_(core_.options.page) {
  core_.open();
  net::http_server_options listen{.address = core_.options.address, .port = core_.options.port};
  listen.body_bytes_max = body_bytes_max;
  listen.admit = admit();
  http_ = std::make_unique<net::http_server>(io_, std::move(listen),
                                             [this](const net::http_request& request, const net::responder& respond) {
                                               core_.hub.accept(respond, request.target);
                                             });
  // A request may arrive before this runs, if the client chose the port.
  run_on_io([this] {
    const auto at = fmt::format("{}:{}", bracketed(core_.options.address), http_->port());
    core_.url = "http://" + at;
    core_.state.media_url = core_.url;
    core_.hub.settings.url = "ws://" + at;
    sweep();
    ready_line_ = boost::json::serialize(core_.ready_line());
  });
}

server::~server() {
  http_->stop();
  run_on_io([this] { core_.save(); });
  http_.reset();
  io_.stop(); // After it nothing runs on the io thread, and the rest can go.
}

/// Discord's part stays as Discord has it, without a stage of ours: no header more, and its own refusals.
std::function<net::admission(const net::http_request& head)> server::admit() {
  auto routes = control_.routes();
  std::ranges::move(net::router::static_routes([this] { return page_.now(); }), std::back_inserter(routes));
  const auto ours = std::make_shared<const net::router::table>(std::move(routes));
  return [discord = net::router::serve(rest_.table(), {}),
          local = net::router::serve(ours, net::router::standard_chain(ours, {}))](const net::http_request& head) {
    if (is_below(head, "/api/"))
      return discord(head);
    return is_for_gateway(head) ? net::admission{} : local(head);
  };
}

void server::sweep() {
  core_.sweep();
  control_.sweep();
  after(io_, std::chrono::milliseconds{100}, [this] { sweep(); });
}

void server::run_on_io(const std::function<void()>& what) {
  std::promise<void> done;
  boost::asio::post(io_.next(), [&] {
    what();
    done.set_value();
  });
  done.get_future().wait();
}

} // namespace arrakis::sandbox
