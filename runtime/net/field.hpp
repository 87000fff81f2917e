#pragma once
// Private to runtime/net: characters of HTTP header values.
#include <string_view>

namespace arrakis::net {
/// Lower case of an ASCII letter; header names and tokens have no other letters (RFC 9110 5.6.2).
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Text without optional white space (blanks and tabs) at both ends (RFC 9110 5.6.3).
constexpr std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}
} // namespace arrakis::net
