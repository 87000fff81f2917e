#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::sandbox::keys {
/// An Ed25519 pair, each half 32 bytes in hex.
struct pair {
  std::string public_hex, private_hex;
};
/// Generates a new pair.
pair make();
/// The signature (64 bytes, hex) of `bytes`.
std::string sign(std::string_view private_hex, std::string_view bytes);
/// The headers that prove a request with `body`, sent at `timestamp` (Unix time, seconds), to come from Discord
/// (Discord's documentation, "Interactions: Validating Security Request Headers"): name and value, as net::headers.
std::vector<std::pair<std::string, std::string>> headers(std::string_view private_hex, std::string_view timestamp,
                                                         std::string_view body);
/// Returns true if the signature of `bytes` is valid.
bool verify(std::string_view public_hex, std::string_view bytes, std::string_view signature_hex);
} // namespace arrakis::sandbox::keys
