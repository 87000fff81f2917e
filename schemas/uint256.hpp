#pragma once
// Unsigned integers of 256 bits, in which the EVM counts tokens, and their amounts in human units. Nothing wraps
// around: a result that does not fit is empty.
#include "runtime/error.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis {

/// An unsigned integer of 256 bits. It does not convert to bool.
struct uint256 {
  std::array<uint64_t, 4> limbs{}; ///< The least significant first.

  constexpr uint256() = default;
  constexpr explicit uint256(uint64_t small) : limbs{small} {}
  static constexpr uint256 max() {
    uint256 out;
    out.limbs.fill(~0ull);
    return out;
  }
  constexpr bool operator==(const uint256&) const = default;
  constexpr std::strong_ordering operator<=>(const uint256& other) const {
    for (size_t i = limbs.size(); i-- > 0;)
      if (limbs[i] != other.limbs[i])
        return limbs[i] <=> other.limbs[i];
    return std::strong_ordering::equal;
  }
};

/// Returns the sum; empty when it does not fit.
std::optional<uint256> checked_add(const uint256&, const uint256&);

/// Reads decimal digits without sign or leading zeros; empty for any other text and for a number that does not fit.
std::optional<uint256> parse_uint256(std::string_view digits);
/// Returns the decimal digits, without leading zeros.
std::string to_decimal(const uint256&);

/// Reads a word of the ABI: exactly 32 raw bytes, the most significant first. Empty for any other number of bytes.
std::optional<uint256> from_word(std::string_view bytes);
/// Returns the 32 raw bytes of the word, the most significant first.
std::string to_word(const uint256&);

/// The most decimals that a token may have here: 10 to that power fits 256 bits.
inline constexpr int token_decimals_max = 77;

/// Reads an amount in human units, such as "6.9", as the smallest units of a token with so many decimals (0 to
/// token_decimals_max), exactly. ec::invalid, a sentence without the name of the field: no decimal number, more
/// places than decimals, or more than 256 bits.
caf::expected<uint256> parse_units(std::string_view text, int decimals);
/// Returns the shortest text that parse_units reads as `amount`: "6.9".
std::string format_units(const uint256& amount, int decimals);

} // namespace arrakis
