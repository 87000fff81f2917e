#pragma once
// Many calls in one: Multicall3's aggregate3 (https://github.com/mds1/multicall3), pure. Each entry may fail alone. Its
// own functions for the block are not used: on Arbitrum they tell the parent chain's.
#include "adapters/chain/question.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::chain {

/// Call data of aggregate3 with allowFailure for each call, raw.
std::string encode_aggregate3(const std::vector<contract_call>&);
/// Call of getEthBalance(address) at the Multicall3 contract `multicall`: the native coins of an account.
contract_call native_balance_call(const evm_address& multicall, const evm_address& of);

/// Result of one call.
struct aggregate_entry {
  bool success = false; ///< False: make the call alone to learn the reason.
  std::string returned; ///< Raw.
  bool operator==(const aggregate_entry&) const = default;
};
/// Decodes the raw result of aggregate3 for `count` calls. Empty unless it is laid out as Solidity does it, to the last
/// byte: entries one after another, padded with zeros, none twice, nothing behind.
std::optional<std::vector<aggregate_entry>> decode_aggregate3(std::string_view returned, size_t count);

} // namespace arrakis::chain
