#pragma once
// IP addresses and networks as values, and who a peer is: directly, or behind a proxy that the operator trusts.
#include "runtime/net/http.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace arrakis::net {
/// An address of either family; IPv4 stands as ::ffff:a.b.c.d, so that one address has one value.
struct ip_address {
  std::array<uint8_t, 16> bytes{};
  bool is_v4() const;
  /// "1.2.3.4" or "2001:db8::1".
  std::string text() const;
  bool operator==(const ip_address&) const = default;
};
/// Parses "1.2.3.4", "2001:db8::1" and "[2001:db8::1]"; each but the second may have ":port", as proxies write it.
std::optional<ip_address> parse_ip(std::string_view);

/// A network in CIDR notation: "10.0.0.0/8", "2001:db8::/32", or one address.
class network {
public:
  /// Parses CIDR notation. Nothing: malformed, or the address has bits beyond the prefix length.
  static std::optional<network> parse(std::string_view cidr);
  bool contains(const ip_address&) const;

private:
  ip_address base_;
  unsigned length_ = 128; ///< Prefix length in the 128 bits of ip_address.
};
/// True when one of the networks contains the address.
bool any_contains(const std::vector<network>&, const ip_address&);

/// Unit of per-peer limits: an IPv4 address, or the /64 of an IPv6 address, which one customer usually has.
struct peer_key {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const peer_key&) const = default;
};
/// Key of an address.
peer_key key_of(const ip_address&);
/// Hash of a peer_key.
struct peer_key_hash {
  size_t operator()(const peer_key& key) const {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
  }
};

/// Finds the sender of a request from `remote`, a trusted proxy: the first untrusted address in all X-Forwarded-For
/// headers, read from the right. If an element is not an address, its sender is unknown, and the hop to its right
/// counts. `remote` if there is no address.
ip_address forwarded_peer(const ip_address& remote, const headers&, const std::vector<network>& trusted);
} // namespace arrakis::net
