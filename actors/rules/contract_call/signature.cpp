#include "actors/rules/contract_call/signature.hpp"

#include "schemas/chain_read.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::rules::contract_call {
namespace {

constexpr size_t parameters_max = 16;

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; };
  return !text.empty() && letter(text.front())
      && std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// "256" of "uint256": no sign, no leading zero.
std::optional<unsigned> size_in(std::string_view digits) {
  unsigned out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (digits.empty() || digits.front() == '0' || error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  return out;
}

/// Below 2^bits.
bool fits(const uint256& x, unsigned bits) {
  for (unsigned i = 0; i < 4; ++i) {
    const auto low = std::clamp<int>(static_cast<int>(bits) - static_cast<int>(64 * i), 0, 64);
    if (low < 64 && x.limbs[i] >> low != 0)
      return false;
  }
  return true;
}

std::optional<uint256> left_aligned(std::string_view hex, unsigned bytes) {
  if (hex.size() != 2 + 2 * bytes || !hex.starts_with("0x"))
    return std::nullopt;
  std::string word;
  for (size_t i = 2; i < hex.size(); i += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != hex.data() + i + 2)
      return std::nullopt;
    word += static_cast<char>(byte);
  }
  word.resize(32, '\0');
  return from_word(word);
}

} // namespace

std::optional<word_type> parse_type(std::string_view name) {
  if (name == "address")
    return word_type{word_type::address, 160};
  if (name == "bool")
    return word_type{word_type::boolean, 1};
  if (name.starts_with("uint")) {
    const auto bits = size_in(name.substr(4));
    return bits && *bits % 8 == 0 && *bits <= 256 ? std::optional{word_type{word_type::number, *bits}} : std::nullopt;
  }
  if (name.starts_with("bytes")) {
    const auto bytes = size_in(name.substr(5));
    return bytes && *bytes <= 32 ? std::optional{word_type{word_type::bytes, *bytes}} : std::nullopt;
  }
  return std::nullopt;
}

caf::expected<std::vector<word_type>> parse_signature(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')') || !is_name(text.substr(0, open)))
    return fail(ec::invalid,
                "must be a signature such as \"getVotes(address)\": a name and the types of the parameters, "
                "without blanks");
  auto list = text.substr(open + 1, text.size() - open - 2);
  std::vector<word_type> out;
  while (!list.empty() || !out.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto type = parse_type(list.substr(0, comma));
    if (!type)
      return fail(ec::invalid, "has a parameter of a type that is not supported; supported are address, bool, uint8 to "
                               "uint256 (write the size: \"uint256\") and bytes1 to bytes32");
    out.push_back(*type);
    if (out.size() > parameters_max)
      return fail(ec::invalid, fmt::format("has more than {} parameters", parameters_max));
    if (comma == list.size())
      break;
    list.remove_prefix(comma + 1);
  }
  return out;
}

caf::expected<uint256> parse_argument(std::string_view text, const word_type& type) {
  switch (type.is) {
    case word_type::address: {
      const auto address = parse_evm_address(text);
      if (!address)
        return address.error();
      return as_number(*address);
    }
    case word_type::boolean:
      if (text == "true" || text == "false")
        return uint256{text == "true" ? 1u : 0u};
      return fail(ec::invalid, "must be \"true\" or \"false\"");
    case word_type::number:
      if (const auto number = parse_uint256(text); number && fits(*number, type.size))
        return *number;
      return fail(ec::invalid,
                  fmt::format("must be an unsigned integer of at most {} bits as decimal text", type.size));
    case word_type::bytes:
      if (const auto word = left_aligned(text, type.size))
        return *word;
      return fail(ec::invalid, fmt::format("must be 0x and {} hexadecimal digits", 2 * type.size));
  }
  return fail(ec::internal, "a type of no kind");
}

bool is_clean(const uint256& word, const word_type& type) {
  if (type.is != word_type::bytes)
    return fits(word, type.size);
  const auto raw = to_word(word);
  return std::all_of(raw.begin() + type.size, raw.end(), [](char c) { return c == 0; });
}

} // namespace arrakis::rules::contract_call
