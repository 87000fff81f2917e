#include "adapters/chain/abi.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::chain::abi {
namespace {

constexpr size_t word_bytes = 32;
constexpr size_t text_bytes_max = 1024;

/// The big-endian number in the word at `offset`, when it fits 64 bits.
std::optional<uint64_t> word_at(std::string_view data, size_t offset) {
  if (offset > data.size() || data.size() - offset < word_bytes)
    return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < word_bytes; ++i) {
    const auto byte = static_cast<unsigned char>(data[offset + i]);
    if (i < word_bytes - 8 && byte != 0)
      return std::nullopt;
    value = value << 8 | byte;
  }
  return value;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Printable UTF-8 with at least one character.
std::optional<std::string> printable(std::string_view raw) {
  if (raw.empty() || raw.size() > text_bytes_max || std::any_of(raw.begin(), raw.end(), is_control))
    return std::nullopt;
  // The JSON parser is the project's judge of UTF-8.
  std::string quoted = "\"";
  for (const char c : raw)
    quoted.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  return json::parse(quoted + "\"") ? std::optional{std::string{raw}} : std::nullopt;
}

} // namespace

std::string ask_interface(uint32_t interface) {
  return fmt::format("{}{:08x}{:056}", supports_interface, interface, 0); // bytes4 is left-aligned in its word.
}

std::optional<std::string> bytes(std::string_view hex) {
  if (!hex.starts_with("0x") || hex.size() % 2 != 0)
    return std::nullopt;
  std::string raw;
  raw.reserve(hex.size() / 2);
  for (size_t i = 2; i < hex.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != hex.data() + i + 2)
      return std::nullopt;
    raw += static_cast<char>(byte);
  }
  return raw;
}

std::optional<uint64_t> number(std::string_view data, uint64_t most) {
  const auto value = word_at(data, 0);
  return value && *value <= most ? value : std::nullopt;
}

std::optional<bool> boolean(std::string_view data) {
  const auto value = number(data, 1);
  return value ? std::optional{*value == 1} : std::nullopt;
}

bool is_word(std::string_view data) { return data.size() >= word_bytes; }

std::optional<std::string> text(std::string_view data) {
  if (data.size() == word_bytes) { // bytes32, padded with zeros on the right.
    const auto end = data.find('\0');
    const auto head = data.substr(0, end);
    const bool padded = end == std::string_view::npos || data.find_first_not_of('\0', end) == std::string_view::npos;
    return padded ? printable(head) : std::nullopt;
  }
  const auto offset = word_at(data, 0);
  const auto length = offset ? word_at(data, *offset) : std::nullopt;
  if (!length || *length > text_bytes_max)
    return std::nullopt;
  const auto start = *offset + word_bytes; // No overflow: word_at found a word at *offset.
  if (data.size() - start < *length)
    return std::nullopt;
  return printable(data.substr(start, *length));
}

} // namespace arrakis::chain::abi
