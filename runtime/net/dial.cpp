#include "runtime/net/dial.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>
#include <openssl/x509_vfy.h>

namespace arrakis::net {
namespace {
using tcp = asio::ip::tcp;

class attempt final : public dialing, public std::enable_shared_from_this<attempt> {
public:
  attempt(asio::io_context& context, endpoint to, std::shared_ptr<asio::ssl::context> tls, dialed done)
    : context_(context), to_(std::move(to)), tls_(std::move(tls)), resolver_(context), done_(std::move(done)) {}

  void start() {
    if (!to_.unix_path.empty()) {
      places_.emplace_back(asio::local::stream_protocol::endpoint{to_.unix_path});
      return connect();
    }
    resolver_.async_resolve(to_.host, to_.port, [self = shared_from_this()](error_code failed, const auto& found) {
      if (failed)
        return self->finish("the name " + self->to_.host + " was not resolved: " + failed.message());
      for (const auto& entry : found)
        self->places_.emplace_back(entry.endpoint());
      self->connect();
    });
  }

  void cancel() override {
    done_ = nullptr;
    resolver_.cancel();
    if (stream_)
      stream_->close();
  }

private:
  void connect() {
    if (!done_)
      return;
    if (next_ == places_.size())
      return finish(last_error_);
    const auto& place = places_[next_++];
    stream_ = std::make_unique<stream>(stream::socket{context_});
    stream_->lowest().async_connect(place, [self = shared_from_this()](error_code failed) {
      if (!failed)
        return self->connected();
      self->last_error_ = "no connection to " + self->to_.authority + ": " + failed.message();
      self->connect();
    });
  }

  void connected() {
    if (!done_)
      return;
    error_code ignored; // A Unix socket has no such option.
    stream_->lowest().set_option(tcp::no_delay{true}, ignored);
    if (!to_.tls)
      return finish({});
    stream_->handshake_client(*tls_, to_.host, [self = shared_from_this()](error_code failed) {
      if (!failed)
        return self->finish({});
      // The certificate's own fault ("self-signed certificate", "hostname mismatch") says more than the handshake's.
      const auto verdict = self->done_ ? SSL_get_verify_result(self->stream_->tls().native_handle()) : X509_V_OK;
      self->stream_ = nullptr;
      self->finish("TLS with " + self->to_.authority + " failed: "
                   + (verdict == X509_V_OK ? failed.message() : std::string{X509_verify_cert_error_string(verdict)}));
    });
  }

  void finish(std::string why_not) {
    auto done = std::exchange(done_, nullptr);
    if (!done)
      return;
    if (!why_not.empty())
      stream_ = nullptr;
    done(std::move(stream_), std::move(why_not));
  }

  asio::io_context& context_;
  const endpoint to_;
  const std::shared_ptr<asio::ssl::context> tls_;
  tcp::resolver resolver_;
  dialed done_;
  std::vector<asio::generic::stream_protocol::endpoint> places_;
  size_t next_ = 0;
  std::unique_ptr<stream> stream_;
  std::string last_error_ = "the name has no address";
};
} // namespace

namespace {
/// 1 to 65535, in digits alone.
bool is_port(std::string_view text) {
  uint16_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  return bad == std::errc{} && end == text.data() + text.size() && number > 0;
}

/// Where the host of an authority ends: its colon, that of an IPv6 address being after the bracket. Empty when the
/// brackets are not those of an address.
std::optional<size_t> end_of_host(std::string_view authority) {
  if (authority.find_first_of("[]") == std::string_view::npos)
    return std::min(authority.find(':'), authority.size());
  const auto closing = authority.find(']');
  const auto end = closing + 1;
  const bool whole = authority.starts_with('[') && closing != std::string_view::npos && authority.rfind('[') == 0
                  && authority.rfind(']') == closing && (end == authority.size() || authority[end] == ':');
  return whole ? std::optional{end} : std::nullopt;
}
} // namespace

std::optional<endpoint> parse_url(std::string_view url) {
  const auto odd = [](unsigned char c) { return c <= 32 || c == 127 || c == '@'; };
  const auto mark = url.find(':');
  if (mark == std::string_view::npos || url.find('\0') != std::string_view::npos)
    return std::nullopt;
  const auto scheme = url.substr(0, mark);
  endpoint to;
  if (scheme == "http+unix") {
    to.unix_path = url.substr(mark + 1);
    to.authority = "localhost";
    to.target = "/";
    return to.unix_path.starts_with('/') && to.unix_path.size() < 108 ? std::optional{to} : std::nullopt; // sun_path
  }
  to.tls = scheme == "https" || scheme == "wss";
  if (!to.tls && scheme != "http" && scheme != "ws")
    return std::nullopt;
  auto rest = url.substr(mark + 1);
  if (!rest.starts_with("//") || std::find_if(url.begin(), url.end(), odd) != url.end())
    return std::nullopt;
  rest = rest.substr(2, rest.find('#') - 2); // A fragment is for the reader alone (RFC 9110 4.2.5).
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  const auto target = rest.substr(authority.size());
  to.target = target.starts_with('/') ? std::string{target} : "/" + std::string{target};
  const auto end = end_of_host(authority);
  if (!end || *end == 0)
    return std::nullopt;
  to.host = authority.substr(0, *end);
  if (to.host.starts_with('['))
    to.host = to.host.substr(1, to.host.size() - 2);
  const std::string own = to.tls ? "443" : "80";
  to.port = *end == authority.size() ? own : std::string{authority.substr(*end + 1)};
  if (to.host.empty() || !is_port(to.port))
    return std::nullopt;
  to.authority = to.port == own ? std::string{authority.substr(0, *end)} : std::string{authority};
  return to;
}

std::shared_ptr<dialing> dial(asio::io_context& context, const endpoint& to, std::shared_ptr<asio::ssl::context> tls,
                              dialed done) {
  auto way = std::make_shared<attempt>(context, to, std::move(tls), std::move(done));
  way->start();
  return way;
}
} // namespace arrakis::net
