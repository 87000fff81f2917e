#pragma once
#include <string>
#include <string_view>

namespace arrakis::sandbox::keys {
/// An Ed25519 pair, each half 32 bytes in hex.
struct pair {
  std::string public_hex, private_hex;
};
pair make();
/// The signature (64 bytes, hex) of `bytes`.
std::string sign(std::string_view private_hex, std::string_view bytes);
bool verify(std::string_view public_hex, std::string_view bytes, std::string_view signature_hex);
} // namespace arrakis::sandbox::keys
