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
constexpr size_t greeting_bytes = 1'024; ///< Estimated size of the greeting without names and passwords.

address parsed(const options& how) {
  auto where = how.url.lend([](std::string_view text) { return parse_address(text); });
  if (!where)
    throw std::runtime_error(text_of(where.error()));
  if (where->user.empty())
    where->user = how.user;
  if (!how.user.empty() && where->password.empty())
    throw std::runtime_error("Redis: the user needs a password, which stands in the address");
  return std::move(*where);
}

/// Takes each certificate of a PEM text; at least one.
void add_authorities(asio::ssl::context& to, std::string_view pem, boost::system::error_code& bad) {
  static constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
  bad = asio::error::invalid_argument;
  for (auto at = pem.find(begin); at != std::string_view::npos;) {
    const auto next = pem.find(begin, at + begin.size());
    const auto one = pem.substr(at, next == std::string_view::npos ? next : next - at);
    to.add_certificate_authority(asio::buffer(one), bad);
    if (bad)
      return;
    at = next;
  }
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

connection::connection(asio::io_context& io, options how, subscription_options hears)
  : io_(io), how_(std::move(how)), hears_(std::move(hears)), where_(parsed(how_)) {
  detail_ = shown_.detail = "connecting to " + where_.shown();
  if (where_.transport != address::tls)
    return;
  tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1
                   | asio::ssl::context::no_tlsv1_1);
  tls_.set_verify_mode(asio::ssl::verify_peer);
  const auto must = [](const boost::system::error_code& bad, const char* what) {
    if (bad)
      throw std::runtime_error(fmt::format("Redis: {}: {}", what, bad.message()));
  };
  boost::system::error_code bad;
  if (how_.ca.empty())
    tls_.set_default_verify_paths(bad);
  else
    how_.ca.lend([&](std::string_view pem) { add_authorities(tls_, pem, bad); });
  must(bad, "the CA certificates cannot be read");
  if (how_.certificate.empty() != how_.key.empty())
    throw std::runtime_error("Redis: a certificate needs its private key, and a key its certificate");
  if (how_.certificate.empty())
    return;
  how_.certificate.lend([&](std::string_view pem) { tls_.use_certificate_chain(asio::buffer(pem), bad); });
  must(bad, "the client certificate cannot be read");
  how_.key.lend([&](std::string_view pem) { tls_.use_private_key(asio::buffer(pem), asio::ssl::context::pem, bad); });
  must(bad, "the private key is none, or not that of the client certificate");
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
  if (!hears_.channels.empty())
    words.push_back({"HELLO", "3"}); // RESP3 tells pushes from replies.
  to->out.clear();
  where_.password.lend([&](std::string_view password) {
    if (password.empty())
      return;
    size_t bytes = greeting_bytes + where_.user.size() + password.size();
    for (const auto& channel : hears_.channels)
      bytes += channel.size() + 16;
    to->out.reserve(bytes); // In one place, which is wiped.
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
  heard_channels_ = 0;
  if (!hears_.channels.empty()) {
    std::vector<std::string> subscribe{"SUBSCRIBE"};
    subscribe.insert(subscribe.end(), hears_.channels.begin(), hears_.channels.end());
    say(subscribe, pending::subscribing);
  }
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
    log::info("redis.connected", {{"server", where_.shown()}, {"attempts", failures_ + 1}});
  failures_ = 0;
  set_stage(stage::ready, where_.shown());
  silent_turns_ = 0;
  arm_watch();
  if (hears_.to.subscribed)
    hears_.to.subscribed();
  write();
}
} // namespace arrakis::redis
