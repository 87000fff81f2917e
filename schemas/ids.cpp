#include "schemas/ids.hpp"

#include <algorithm>
#include <charconv>

namespace arrakis {

std::optional<snowflake> parse_snowflake(std::string_view text) {
  if (text.empty() || text.size() > 20 || text.front() == '0')
    return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return snowflake{value};
}

std::optional<community_id> parse_community_id(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  std::string value;
  value.reserve(text.size());
  bool nil = true;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-')
        return std::nullopt;
      value += c;
      continue;
    }
    if (c >= 'A' && c <= 'F')
      c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
      return std::nullopt;
    nil = nil && c == '0';
    value += c;
  }
  if (nil)
    return std::nullopt;
  return community_id{std::move(value)};
}

} // namespace arrakis
