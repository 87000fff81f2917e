#pragma once
#include <string_view>

namespace arrakis {
/// The first `bytes_max` bytes of UTF-8 text, fewer if the last character would be cut: quotes from outside go into
/// JSON and rows, which need whole characters.
inline std::string_view utf8_head(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80)
    --bytes_max;
  return text.substr(0, bytes_max);
}
} // namespace arrakis
