#include "schemas/evm_address.hpp"

#include <algorithm>
#include <cryptopp/keccak.h>

namespace arrakis {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'f'; }
bool is_upper(char c) { return c >= 'A' && c <= 'F'; }

uint8_t nibble(char c) {
  return static_cast<uint8_t>(is_digit(c) ? c - '0' : is_lower(c) ? c - 'a' + 10 : c - 'A' + 10);
}

} // namespace

std::string keccak256(std::string_view bytes) {
  CryptoPP::Keccak_256 hash;
  std::string digest(CryptoPP::Keccak_256::DIGESTSIZE, '\0');
  hash.CalculateDigest(reinterpret_cast<CryptoPP::byte*>(digest.data()),
                       reinterpret_cast<const CryptoPP::byte*>(bytes.data()), bytes.size());
  return digest;
}

std::string evm_address::text() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string lower;
  for (const auto byte : bytes)
    lower.append(1, digits[byte >> 4]).append(1, digits[byte & 0xF]);
  // EIP-55: a letter is upper case where the digest of the lower-case digits has a nibble of 8 or more.
  const auto digest = keccak256(lower);
  for (size_t i = 0; i < lower.size(); ++i) {
    const auto byte = static_cast<unsigned char>(digest[i / 2]);
    if (is_lower(lower[i]) && (i % 2 == 0 ? byte >> 4 : byte & 0xF) >= 8)
      lower[i] = static_cast<char>(lower[i] - 'a' + 'A');
  }
  return "0x" + lower;
}

caf::expected<evm_address> parse_evm_address(std::string_view text) {
  const auto digits = text.substr(std::min<size_t>(2, text.size()));
  if (text.size() != 42 || !(text.starts_with("0x") || text.starts_with("0X"))
      || !std::all_of(digits.begin(), digits.end(), [](char c) { return is_digit(c) || is_lower(c) || is_upper(c); }))
    return failed<evm_address>(ec::invalid, "address: must be 0x and 40 hexadecimal digits");
  evm_address out;
  for (size_t i = 0; i < out.bytes.size(); ++i)
    out.bytes[i] = static_cast<uint8_t>(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
  const bool mixed = std::any_of(digits.begin(), digits.end(), is_lower)
                  && std::any_of(digits.begin(), digits.end(), is_upper);
  if (mixed && std::string_view{out.text()}.substr(2) != digits)
    return failed<evm_address>(
      ec::invalid, "address: its upper and lower case do not match (EIP-55), a digit may be mistyped: copy it again");
  return out;
}

} // namespace arrakis
