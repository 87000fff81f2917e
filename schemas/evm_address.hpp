#pragma once
// Accounts and contracts of the EVM, and the hash that their checksums and selectors are made of.
#include "runtime/error.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace arrakis {

/// Returns the 32 raw bytes of Keccak-256 as Ethereum uses it (not SHA3-256).
std::string keccak256(std::string_view bytes);

/// The address of a wallet or contract.
struct evm_address {
  std::array<uint8_t, 20> bytes{}; ///< As on chain, the first byte first.
  auto operator<=>(const evm_address&) const = default;
  /// Returns 0x and 40 hex digits in the mixed case of EIP-55.
  std::string text() const;
};

/// Reads 0x (or 0X) and 40 hex digits. Digits of one case have no checksum. Mixed case must match the checksum of
/// EIP-55: a mistyped digit breaks it. ec::invalid says what is wrong.
caf::expected<evm_address> parse_evm_address(std::string_view text);

} // namespace arrakis
