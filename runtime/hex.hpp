#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace arrakis {
/// Value of one hex digit in either case; -1: not a hex digit.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Bytes of a hex text; nothing if the text is not pairs of hex digits.
std::optional<std::string> from_hex(std::string_view text);
} // namespace arrakis
