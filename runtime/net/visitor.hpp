#pragma once
// Private to runtime/net: the peer of a connection, and the reserve for peers beyond the limits.
#include "runtime/net/address.hpp"
#include "runtime/net/refusals.hpp"

#include <chrono>

namespace arrakis::net {
/// Reserve of connections beyond the limits: each may send an essential request or gets 429 or 503; further ones are
/// cut.
constexpr size_t spare_connections_max = 256, spare_per_peer_max = 16;
/// Read timeout of such a connection.
constexpr std::chrono::milliseconds spare_read{1'000};

/// Peer of a connection, and the limit that it exceeds.
struct visitor {
  std::optional<ip_address> address; ///< Nothing: a Unix socket.
  bool trusted = false;              ///< A proxy that names its peers, or a Unix socket.
  std::optional<refusal> spare;      ///< Limit that the peer exceeds.
  std::optional<peer_key> key() const { return trusted ? std::nullopt : std::optional{key_of(*address)}; }
};
} // namespace arrakis::net
