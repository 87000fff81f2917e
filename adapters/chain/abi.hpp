#pragma once
// Decoder of contract results (https://docs.soliditylang.org/en/latest/abi-spec.html). Bytes from outside: nothing
// throws, and what is malformed has no value.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::chain::abi {

/// Function selectors: the first four bytes of Keccak-256 of the signature.
inline constexpr std::string_view symbol = "0x95d89b41", name = "0x06fdde03", decimals = "0x313ce567",
                                  total_supply = "0x18160ddd", supports_interface = "0x01ffc9a7";
/// Interface ids of ERC-165, ERC-721 and ERC-1155; the last is the one that no contract may claim (ERC-165).
inline constexpr uint32_t erc165 = 0x01ffc9a7, erc721 = 0x80ac58cd, erc1155 = 0xd9b67a26, no_interface = 0xffffffff;

/// Call data of supportsInterface(interface), as 0x text.
std::string ask_interface(uint32_t interface);

/// Raw bytes of 0x text; empty optional unless it is 0x and an even number of hex digits.
std::optional<std::string> bytes(std::string_view hex);

/// One word as a boolean: 0 or 1.
std::optional<bool> boolean(std::string_view data);
/// One word as a number up to `most`.
std::optional<uint64_t> number(std::string_view data, uint64_t most);
/// True for one word of any value: a uint256 that only needs to exist.
bool is_word(std::string_view data);
/// A string, or the bytes32 that old tokens give for one. At most 1024 bytes of printable UTF-8.
std::optional<std::string> text(std::string_view data);

} // namespace arrakis::chain::abi
