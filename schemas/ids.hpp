#pragma once
// Ids of Discord objects and of tenants, each a type of its own.
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis {

/// A Discord snowflake: 17 to 19 digits in text; 0 means none. Milliseconds since 2015 are the upper 42 bits.
struct snowflake {
  uint64_t value = 0;
  auto operator<=>(const snowflake&) const = default;
  explicit operator bool() const { return value != 0; }
  std::string text() const { return std::to_string(value); }
  /// Unix milliseconds at which Discord made the id.
  int64_t made_at_ms() const { return static_cast<int64_t>(value >> 22) + 1'420'070'400'000; }
};
/// Reads 1 to 20 digits below 2^64, without sign and leading zero. Empty for any other text.
std::optional<snowflake> parse_snowflake(std::string_view text);

/// A tenant: a UUID in canonical lower-case text. Never the nil UUID.
struct community_id {
  std::string value;
  auto operator<=>(const community_id&) const = default;
};
/// Reads 8-4-4-4-12 hex digits. Empty for any other text and for the nil UUID.
std::optional<community_id> parse_community_id(std::string_view text);

} // namespace arrakis

template <>
struct std::hash<arrakis::snowflake> {
  size_t operator()(arrakis::snowflake s) const noexcept { return std::hash<uint64_t>{}(s.value); }
};
