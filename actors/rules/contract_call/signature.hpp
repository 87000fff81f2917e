#pragma once
// Signatures of functions and values of their types, as https://docs.soliditylang.org/en/latest/abi-spec.html has them.
// Types of one word: address, bool, uint8 to uint256, bytes1 to bytes32.
#include "runtime/error.hpp"
#include "schemas/uint256.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::rules::contract_call {

/// An ABI type that fits into one word.
struct word_type {
  /// The family of the type.
  enum kind : uint8_t { address, boolean, number, bytes } is = number;
  unsigned size = 256; ///< Bits of a number, bytes of bytes<N>.
  bool operator==(const word_type&) const = default;
};
/// Parses a type name; empty: unknown, signed, or longer than a word.
std::optional<word_type> parse_type(std::string_view name);

/// Parses the parameter types of "getVotes(address,uint256)". ec::invalid, a sentence, unless it is in the canonical
/// form that selectors are computed from: no blanks, no parameter names, "uint256" and not "uint".
caf::expected<std::vector<word_type>> parse_signature(std::string_view text);

/// Parses an argument into its ABI word. ec::invalid, a sentence, for a text that is no value of the type.
caf::expected<uint256> parse_argument(std::string_view text, const word_type&);

/// True if a word can be a value of the type: no bits where the ABI puts zeros.
bool is_clean(const uint256& word, const word_type&);

} // namespace arrakis::rules::contract_call
