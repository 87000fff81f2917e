#pragma once
// A leaf over what each wallet of a member holds: the native coin, a token, items of ids.
#include "actors/rules/parameters.hpp"

#include <functional>
#include <string>
#include <vector>

namespace arrakis::rules {

/// The terms of a leaf over balances.
struct balance_terms {
  amount_range range;
  over how = over::sum;
  std::string what; ///< Behind an amount: "on Base", "of #1 and #2 on Base".
  /// The questions whose answers add up to what one wallet holds.
  std::function<std::vector<chain_read>(const evm_address& wallet)> questions;
};
/// A balance that was not read is any amount: never zero. So is one that the contract refused to tell.
std::unique_ptr<const leaf> balance_leaf(balance_terms);
/// The balance that `balanceOf(wallet)` tells, the same for ERC-20 and ERC-721.
std::unique_ptr<const leaf> token_balance_leaf(token_parameters);

} // namespace arrakis::rules
