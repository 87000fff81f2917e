#include "apps/wiring/http.hpp"

#include <algorithm>

namespace arrakis::wiring {
namespace {
/// Memory of a connection that does nothing: its session, its buffer, the kernel's socket.
constexpr size_t connection_bytes = 16 << 10;
constexpr size_t connections_min = 64;
} // namespace

caf::expected<net::http_server_options> http_options(const config& settings, size_t descriptors,
                                                     const memory_limit& memory) {
  net::http_server_options o;
  o.address = settings.text("http.address");
  o.port = static_cast<uint16_t>(settings.integer("http.port"));
  const auto or_share = [&](std::string_view key, uint64_t whole) {
    const auto set = static_cast<uint64_t>(settings.integer(key));
    return static_cast<size_t>(set > 0 ? set : whole / 8);
  };
  o.input_bytes_max = or_share("http.unauthenticated_bytes", memory.bytes);
  o.input_bytes_per_peer_max = or_share("http.unauthenticated_bytes_per_address", o.input_bytes_max);
  // Half of the descriptors is for what we connect to.
  o.connections_max = std::max(connections_min, std::min({o.connections_max, descriptors / 2,
                                                          static_cast<size_t>(memory.bytes / 8 / connection_bytes)}));
  o.connections_per_peer_max = static_cast<size_t>(settings.integer("http.connections_per_address"));
  const auto& certificate = settings.text("http.tls.certificate");
  const auto& key = settings.text("http.tls.private_key");
  if (certificate.empty() != key.empty())
    return fail(ec::invalid, "http.tls.certificate and http.tls.private_key are set together, or neither");
  if (!certificate.empty())
    o.tls = {certificate, key};
  for (const auto& text : settings.list("http.trusted_proxies")) {
    const auto proxy = net::network::parse(text);
    if (!proxy)
      return fail(ec::invalid,
                  "http.trusted_proxies: '" + text
                    + "' is no network: write 10.0.0.0/8, 2001:db8::/32 or one address, with no bits beyond "
                      "the length");
    o.trusted_proxies.push_back(*proxy);
  }
  return o;
}

net::http_server_options admin_options(const config& settings) {
  net::http_server_options o;
  o.address = settings.text("http.admin_address");
  o.port = static_cast<uint16_t>(settings.integer("http.admin_port"));
  o.connections_max = connections_min;
  o.body_bytes_max = 64 << 10;
  return o;
}
} // namespace arrakis::wiring
