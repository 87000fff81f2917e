#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace arrakis {
/// The value of one hex digit in either case; -1: it is none.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The bytes that pairs of hex digits stand for; nothing where the text is anything else.
std::optional<std::string> from_hex(std::string_view text);
} // namespace arrakis
