#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::sandbox::keys {
/// An Ed25519 key pair, each half 32 bytes in hex.
struct pair {
  std::string public_hex, private_hex;
};
/// Generates a new pair.
pair make();
/// Signature (64 bytes, hex) of `bytes`.
std::string sign(std::string_view private_hex, std::string_view bytes);
/// Signature headers of a request with `body` that Discord sends at `timestamp` (Unix seconds): name and value, as
/// net::headers. See Discord's "Interactions: Validating Security Request Headers".
std::vector<std::pair<std::string, std::string>> headers(std::string_view private_hex, std::string_view timestamp,
                                                         std::string_view body);
/// Returns true if the signature of `bytes` is valid.
bool verify(std::string_view public_hex, std::string_view bytes, std::string_view signature_hex);
} // namespace arrakis::sandbox::keys
