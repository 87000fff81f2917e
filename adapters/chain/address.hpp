#pragma once
// Addresses of the EVM.
#include "runtime/error.hpp"

#include <string>
#include <string_view>

namespace arrakis::chain {

/// Keccak-256 as Ethereum uses it (not SHA3-256): 32 raw bytes.
std::string keccak256(std::string_view bytes);

/// The EIP-55 form of 40 hex digits in any case.
std::string checksum_address(std::string_view hex_digits);

/// Reads 0x (or 0X) and 40 hex digits and gives the EIP-55 form. All lower and all upper case are accepted without a
/// checksum; mixed case must match it, since a digit was mistyped otherwise. ec::invalid says what is wrong.
caf::expected<std::string> parse_address(std::string_view text);

} // namespace arrakis::chain
