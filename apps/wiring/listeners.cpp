#include "apps/wiring/listeners.hpp"

#include "apps/wiring/http.hpp"
#include "apps/wiring/privileges.hpp"
#include "apps/wiring/roles.hpp"
#include "runtime/file.hpp"
#include "runtime/log.hpp"
#include "runtime/net/try_listen.hpp"
#include "runtime/url.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::wiring {
namespace {
std::string url_of(const char* scheme, const std::string& address, const std::unique_ptr<net::http_server>& at) {
  return at ? fmt::format("{}://{}:{}", scheme, bracketed(address), at->port()) : std::string{};
}

std::string state_of(const net::tls_server& tls) {
  return file::state_of(tls.certificate_file) + " " + file::state_of(tls.key_file);
}

net::http_server_options public_options(const config& settings) {
  const auto memory = find_memory_limit();
  auto o = http_options(settings, descriptors_max(), memory);
  if (!o)
    throw std::runtime_error(text_of(o.error()));
  log::info("http.limits", {{"memory_bytes", memory.bytes},
                            {"memory_source", memory.source},
                            {"connections", o->connections_max},
                            {"connections_per_address", o->connections_per_peer_max},
                            {"unauthenticated_bytes", o->input_bytes_max},
                            {"unauthenticated_bytes_per_address", o->input_bytes_per_peer_max}});
  return std::move(*o);
}

/// `keys`: the settings to change when it cannot be opened.
std::unique_ptr<net::http_server> open(net::io& on, net::http_server_options o, const char* keys) {
  auto opened = net::try_listen(on, std::move(o), nullptr);
  if (!opened)
    throw std::runtime_error(fmt::format("{}: {}", keys, text_of(opened.error())));
  return std::move(*opened);
}
} // namespace

listeners::listeners(net::io& open_io, net::io& admin_io, const config& settings, const services& with)
  : public_address_(settings.text("http.address")), admin_address_(settings.text("http.admin_address")) {
  if (has_role(settings, "api")) {
    auto o = public_options(settings);
    tls_ = o.tls;
    if (tls_)
      certificates_ = rereading{state_of(*tls_)};
    o.admit = api::serve(api::all(), api::listener::public_port, with, ARRAKIS_VERSION);
    public_ = open(open_io, std::move(o), "http.address, http.port");
  }
  auto o = admin_options(settings);
  o.admit = api::serve(api::all(), api::listener::admin_port, with, ARRAKIS_VERSION);
  admin_ = open(admin_io, std::move(o), "http.admin_address, http.admin_port");
  log::info("http.listening", {{"url", public_url()}, {"admin_url", admin_url()}});
}

listeners::~listeners() = default;

void listeners::follow_certificates() {
  if (!tls_)
    return;
  const auto now = std::chrono::steady_clock::now();
  if (!certificates_.is_due(state_of(*tls_), now)) // Before they are read: a change meanwhile shows at the next call.
    return;
  const auto bad = public_->reread_certificates();
  certificates_.note(!bad, now);
  if (bad)
    log::error("http.certificates_refused", {{"error", text_of(bad)}});
  else
    log::info("http.certificates_reread", {{"file", tls_->certificate_file}});
}

void listeners::stop() {
  constexpr std::chrono::milliseconds grace{500};
  if (public_)
    public_->stop(grace);
  admin_->stop(grace);
}

std::string listeners::public_url() const { return url_of(tls_ ? "https" : "http", public_address_, public_); }
std::string listeners::admin_url() const { return url_of("http", admin_address_, admin_); }
} // namespace arrakis::wiring
