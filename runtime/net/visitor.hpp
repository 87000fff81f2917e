#pragma once
// Private to runtime/net: who is at the other end of a connection, and what is kept for who finds no room.
#include "runtime/net/address.hpp"
#include "runtime/net/refusals.hpp"

#include <chrono>

namespace arrakis::net {
// Connections beyond the limits: each may ask for what is essential, or hear that there is no room; further ones are
// cut.
constexpr size_t spare_connections_max = 256, spare_per_peer_max = 16;
constexpr std::chrono::milliseconds spare_read{1'000};

/// Who is at the other end of a connection, and whether it is beyond the limits.
struct visitor {
  std::optional<ip_address> address; ///< Nothing: a Unix socket.
  bool trusted = false;              ///< A proxy that names its peers, or a Unix socket.
  std::optional<refusal> spare;      ///< Which limit it is beyond.
  std::optional<peer_key> key() const { return trusted ? std::nullopt : std::optional{key_of(*address)}; }
};
} // namespace arrakis::net
