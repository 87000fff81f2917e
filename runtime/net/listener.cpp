#include "runtime/net/listener.hpp"

#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <future>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace arrakis::net {
using namespace std::chrono_literals;
namespace {
// Accepts several per turn of the io thread; with one, new peers would wait behind all requests of busy peers.
constexpr int at_once_max = 128;
} // namespace

listener::listener(asio::io_context& context, const std::string& address, uint16_t port)
  : context_(context), acceptor_(context), pause_(context) {
  address.starts_with("unix:") ? bind_unix(address.substr(5)) : bind_ip(address, port);
}

listener::~listener() {
  if (!path_.empty())
    ::unlink(path_.c_str());
}

void listener::bind_ip(const std::string& address, uint16_t port) {
  error_code failed;
  const auto ip = asio::ip::make_address(address, failed);
  if (failed)
    throw std::runtime_error{"'" + address + "' is no IP address: give one such as 127.0.0.1 or ::, or unix:/path"};
  const asio::generic::stream_protocol::endpoint place{asio::ip::tcp::endpoint{ip, port}};
  acceptor_.open(place.protocol(), failed);
  if (!failed)
    acceptor_.set_option(asio::socket_base::reuse_address{true}, failed);
  if (!failed)
    acceptor_.bind(place, failed);
  if (!failed)
    acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  const auto where = fmt::format("{} port {}", address, port);
  if (failed == asio::error::address_in_use)
    throw std::runtime_error{where + " is in use by another program: stop that one or configure another port"};
  if (failed)
    throw std::runtime_error{where + " cannot be listened on: " + failed.message()};
  const auto bound = acceptor_.local_endpoint();
  const auto* raw = static_cast<const sockaddr*>(bound.data());
  port_ = ntohs(raw->sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(raw)->sin6_port
                                           : reinterpret_cast<const sockaddr_in*>(raw)->sin_port);
}

void listener::bind_unix(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
    throw std::runtime_error{
      fmt::format("unix:{} is not usable: 1 to {} characters", path, sizeof(sockaddr_un::sun_path) - 1)};
  const asio::generic::stream_protocol::endpoint place{asio::local::stream_protocol::endpoint{path}};
  error_code failed;
  stream::socket probe{context_};
  probe.connect(place, failed);
  if (!failed)
    throw std::runtime_error{"unix:" + path + " is in use by another program: stop that one or configure another path"};
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode))
    ::unlink(path.c_str()); // Left by a dead process.
  failed = {};
  acceptor_.open(place.protocol(), failed);
  if (!failed)
    acceptor_.bind(place, failed);
  if (!failed) {
    path_ = path;
    ::chmod(path.c_str(), 0600); // Before listen(), when no client can connect yet.
    acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  }
  if (failed)
    throw std::runtime_error{"unix:" + path + " cannot be listened on: " + failed.message()};
}

void listener::run(next_context next, accepted each) {
  acceptor_.non_blocking(true); // For further connections of a turn.
  next_ = std::move(next);
  each_ = std::move(each);
  asio::post(context_, [self = shared_from_this()] { self->accept(); });
}

void listener::accept() {
  if (!acceptor_.is_open())
    return;
  acceptor_.async_accept(next_(), [self = shared_from_this()](error_code failed, stream::socket made) {
    if (failed == asio::error::operation_aborted || !self->each_)
      return;
    for (int more = at_once_max; !failed; --more) {
      if (!self->hand_over(std::move(made)) || more == 0)
        return self->accept();
      made = self->acceptor_.accept(self->next_(), failed);
    }
    if (failed == asio::error::would_block)
      return self->accept();
    // Out of file descriptors, most likely: pause, or this would spin.
    metrics::count("arrakis_http_accept_failures_total", "Connections that the system did not hand over.");
    if (const auto count = self->accept_failed_.due())
      log::warn("net.accept_failed", {{"error", failed.message()}, {"count", *count}});
    self->pause_.expires_after(100ms);
    self->pause_.async_wait([self](error_code cancelled) {
      if (!cancelled)
        self->accept();
    });
  });
}

/// Handles a new connection; true when the next may be accepted at once.
bool listener::hand_over(stream::socket made) {
  error_code ignored;
  made.set_option(asio::ip::tcp::no_delay{true}, ignored);
  return each_(std::move(made)) && acceptor_.is_open();
}

bool listener::is_of_same_user(stream::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
      && (peer.uid == ::geteuid() || peer.uid == 0);
}

void listener::close_here() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  next_ = nullptr;
  each_ = nullptr;
}

void listener::close() {
  if (context_.stopped() || context_.get_executor().running_in_this_thread())
    return close_here();
  auto closed = std::make_shared<std::promise<void>>();
  asio::post(context_, [self = shared_from_this(), closed] {
    self->close_here();
    closed->set_value();
  });
  closed->get_future().wait_for(5s); // Only an io_context that is being stopped does not answer.
}
} // namespace arrakis::net
