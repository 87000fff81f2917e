#include "runtime/net/dial.hpp"

#include "runtime/url.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
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
      // The certificate's fault ("self-signed certificate", "hostname mismatch") is clearer than the handshake's.
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

std::optional<endpoint> parse_url(std::string_view text) {
  endpoint to;
  if (constexpr std::string_view local = "http+unix:"; text.starts_with(local)) {
    to.unix_path = text.substr(local.size());
    to.authority = "localhost";
    to.target = "/";
    const bool whole = to.unix_path.starts_with('/') && to.unix_path.find('\0') == std::string::npos;
    return whole && to.unix_path.size() < 108 ? std::optional{to} : std::nullopt; // sun_path
  }
  const auto parsed = url::parse(text, "http https ws wss");
  if (!parsed || !parsed->authorization().empty())
    return std::nullopt;
  to.tls = parsed->encrypted();
  to.host = parsed->host();
  to.port = std::to_string(parsed->port());
  to.authority = parsed->authority();
  parsed->target().lend([&](std::string_view target) { to.target = target; });
  return to;
}

std::shared_ptr<dialing> dial(asio::io_context& context, const endpoint& to, std::shared_ptr<asio::ssl::context> tls,
                              dialed done) {
  auto way = std::make_shared<attempt>(context, to, std::move(tls), std::move(done));
  way->start();
  return way;
}
} // namespace arrakis::net
