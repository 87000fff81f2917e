#pragma once
// Questions that rules ask of chains, and their answers. How a node is asked is the affair of adapters/chain.
#include "schemas/evm_address.hpp"
#include "schemas/reading.hpp"
#include "schemas/uint256.hpp"

#include <compare>
#include <string>
#include <variant>
#include <vector>

namespace arrakis {

/// Coins of the chain that `of` holds, in the smallest unit.
struct native_balance {
  evm_address of;
  auto operator<=>(const native_balance&) const = default;
};
/// balanceOf(of) of an ERC-20 (smallest units) or ERC-721 (pieces).
struct token_balance {
  evm_address contract, of;
  auto operator<=>(const token_balance&) const = default;
};
/// ownerOf(id) of an ERC-721. The answer is the owner's address as a number.
struct token_owner {
  evm_address contract;
  uint256 id;
  auto operator<=>(const token_owner&) const = default;
};
/// balanceOf(of, id) of an ERC-1155.
struct item_balance {
  evm_address contract, of;
  uint256 id;
  auto operator<=>(const item_balance&) const = default;
};
/// A call of any contract that returns one word.
struct contract_word {
  evm_address contract;
  std::string function;           ///< Signature of the function: "getVotes(address)".
  std::vector<uint256> arguments; ///< A word each: numbers as they are, bytes<N> to the left.
  auto operator<=>(const contract_word&) const = default;
};
/// A question to one chain.
struct chain_read {
  std::string chain; ///< A chain of config/chains.
  std::variant<native_balance, token_balance, token_owner, item_balance, contract_word> what;
  auto operator<=>(const chain_read&) const = default;
};

/// The answer of a contract that ran and reverted. There is code at its address, so this is the contract's own word.
struct reverted {
  bool operator==(const reverted&) const = default;
};
/// The answer to a question: one word, or a revert.
using contract_answer = std::variant<uint256, reverted>;

/// Returns the word that the ABI writes for an address.
inline uint256 as_number(const evm_address& address) {
  return *from_word(std::string(12, '\0')
                    + std::string{reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
}

} // namespace arrakis
