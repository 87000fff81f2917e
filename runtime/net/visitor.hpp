#pragma once
// Private to runtime/net: who is at the other end of a connection, and when it makes room for another.
#include "runtime/net/address.hpp"
#include "runtime/net/refusals.hpp"

#include <chrono>

namespace arrakis::net {
// Connections beyond the limits: each may ask for what is essential, or hear that there is no room; further ones are
// cut.
constexpr size_t spare_connections_max = 256, spare_per_peer_max = 16;
constexpr std::chrono::milliseconds spare_read{1'000};
constexpr size_t shed_at_once_max = 32; ///< Closed together, so that a full listener is not searched for each newcomer.

/// Who is at the other end of a connection, and whether it is beyond the limits.
struct visitor {
  std::optional<ip_address> address; ///< Nothing: a Unix socket.
  bool trusted = false;              ///< A proxy that names its peers, or a Unix socket.
  std::optional<refusal> spare;      ///< Which limit it is beyond.
  std::optional<peer_key> key() const { return trusted ? std::nullopt : std::optional{key_of(*address)}; }
};

/// When a connection may be closed for a newcomer: the smaller, the sooner; 0: not at all.
inline uint64_t shed_rank(bool half_sent) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
    std::chrono::steady_clock::now().time_since_epoch());
  return static_cast<uint64_t>(now.count()) + 1 + (half_sent ? uint64_t{1} << 62 : 0);
}
} // namespace arrakis::net
