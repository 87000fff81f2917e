// How a connection comes to be: resolve, connect, TLS, then AUTH, SELECT, SETNAME and PING before any call of a user.
#include "adapters/redis/connection.hpp"
#include "runtime/log.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <sys/socket.h>

namespace asio = boost::asio;

namespace arrakis::redis {
namespace {
constexpr size_t greeting_bytes = 1'024; ///< What is said to a server at first, but names and passwords.

address parsed(const options& how) {
  auto where = how.url.lend([](std::string_view text) { return parse_address(text); });
  if (!where)
    throw std::runtime_error(text_of(where.error()));
  return std::move(*where);
}
/// Why the server behind a Unix socket is not the one that is meant; empty: it is.
std::string stranger_behind(int socket, const address& where) {
  if (!where.owner)
    return {};
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return "the kernel does not say whose server this is";
  if (peer.uid == *where.owner)
    return {};
  return fmt::format("{} is a server of the user with id {}, and must be one of {}: nothing is sent to it",
                     where.shown(), peer.uid, *where.owner);
}
} // namespace

connection::connection(asio::io_context& io, options how) : io_(io), how_(std::move(how)), where_(parsed(how_)) {
  detail_ = shown_.detail = "connecting to " + where_.shown();
  if (where_.transport != address::tls)
    return;
  tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1
                   | asio::ssl::context::no_tlsv1_1);
  tls_.set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code bad;
  if (how_.ca_file.empty())
    tls_.set_default_verify_paths(bad);
  else
    tls_.load_verify_file(how_.ca_file, bad);
  if (bad)
    throw std::runtime_error(fmt::format("Redis: the CA file '{}' cannot be read: {}", how_.ca_file, bad.message()));
}

void connection::start() {
  asio::post(io_, [self = shared_from_this()] { self->connect(); });
}

void connection::connect() {
  if (stage_ == stage::stopped)
    return;
  // While resting the stage stays as it is: calls are refused until the server answers.
  refusal_.clear();
  link_ = std::make_shared<transport>(io_);
  pause_.expires_after(how_.connect_within);
  pause_.async_wait([self = shared_from_this(), link = link_](const boost::system::error_code& e) {
    if (!e && link == self->link_ && self->stage_ != stage::ready)
      self->lost("no connection in time");
  });
  if (where_.transport == address::unix_socket)
    return connect_to(link_, {asio::local::stream_protocol::endpoint{where_.path}}, 0);
  resolver_.async_resolve(where_.host, std::to_string(where_.port),
                          [self = shared_from_this(), link = link_](
                            const boost::system::error_code& e, const asio::ip::tcp::resolver::results_type& found) {
                            if (link != self->link_)
                              return;
                            if (e)
                              return self->lost(fmt::format("{}: {}", self->where_.host, e.message()));
                            std::vector<asio::generic::stream_protocol::endpoint> list;
                            for (const auto& entry : found)
                              list.emplace_back(entry.endpoint());
                            self->connect_to(link, std::move(list), 0);
                          });
}

void connection::connect_to(shared_transport to, std::vector<asio::generic::stream_protocol::endpoint> list,
                            size_t index) {
  if (index >= list.size())
    return lost("no address");
  const auto endpoint = list[index];
  boost::system::error_code ignored;
  to->plain.close(ignored);
  to->plain.async_connect(endpoint, [self = shared_from_this(), to, list = std::move(list),
                                     index](const boost::system::error_code& e) mutable {
    if (to != self->link_)
      return;
    if (e && index + 1 < list.size())
      return self->connect_to(to, std::move(list), index + 1);
    if (e)
      return self->lost(e.message());
    if (self->where_.transport == address::unix_socket) {
      const auto stranger = stranger_behind(to->plain.native_handle(), self->where_);
      return stranger.empty() ? self->greet(to) : self->lost(stranger);
    }
    boost::system::error_code unset;
    to->plain.set_option(asio::ip::tcp::no_delay{true}, unset);
    to->plain.set_option(asio::socket_base::keep_alive{true}, unset);
    self->where_.transport == address::tls ? self->secure(to) : self->greet(to);
  });
}

void connection::secure(shared_transport to) {
  auto& tls = to->tls.emplace(to->plain, tls_);
  tls.set_verify_callback(asio::ssl::host_name_verification(where_.host));
  SSL_set_tlsext_host_name(tls.native_handle(), where_.host.c_str());
  tls.async_handshake(asio::ssl::stream_base::client,
                      [self = shared_from_this(), to](const boost::system::error_code& e) {
                        if (to != self->link_)
                          return;
                        e ? self->lost("TLS: " + e.message()) : self->greet(to);
                      });
}

void connection::greet(shared_transport to) {
  std::vector<std::vector<std::string>> words;
  if (where_.database != 0)
    words.push_back({"SELECT", std::to_string(where_.database)});
  if (!how_.name.empty())
    words.push_back({"CLIENT", "SETNAME", how_.name});
  to->out.clear();
  where_.password.lend([&](std::string_view password) {
    if (password.empty())
      return;
    to->out.reserve(greeting_bytes + where_.user.size() + password.size()); // In one place, which is wiped.
    put_count(to->out, where_.user.empty() ? 2 : 3);
    put_word(to->out, "AUTH");
    if (!where_.user.empty())
      put_word(to->out, where_.user);
    put_word(to->out, password);
    flying_.emplace_back().what = pending::greeting;
  });
  auto say = [&](const std::vector<std::string>& each, pending::kind what) {
    to->out += encode(each);
    flying_.emplace_back().what = what;
  };
  for (const auto& each : words)
    say(each, pending::greeting);
  if (how_.watch_every.count() > 0) {
    say(probe_words(), pending::probe);
    say({"INFO", "memory"}, pending::memory);
  }
  say({"PING"}, pending::ready); // A server that still loads its data says so here, and is not ready.
  writing_ = true;
  auto sent = [self = shared_from_this(), to](const boost::system::error_code& e, size_t) {
    wipe(to->out); // The password was in it.
    if (to != self->link_)
      return;
    self->writing_ = false;
    e ? self->lost(e.message()) : self->write();
  };
  if (to->tls)
    asio::async_write(*to->tls, asio::buffer(to->out), std::move(sent));
  else
    asio::async_write(to->plain, asio::buffer(to->out), std::move(sent));
  heard_ = std::chrono::steady_clock::now();
  read();
}

void connection::established() {
  pause_.cancel();
  if (failures_ > 0)
    log::info("redis_connected", {{"server", where_.shown()}, {"attempts", failures_ + 1}});
  failures_ = 0;
  set_stage(stage::ready, where_.shown());
  silent_turns_ = 0;
  arm_watch();
  write();
}
} // namespace arrakis::redis
