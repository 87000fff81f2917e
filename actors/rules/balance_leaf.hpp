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
  /// Questions whose answers add up to the balance of one wallet.
  std::function<std::vector<chain_read>(const evm_address& wallet)> questions;
};
/// Creates a leaf over balances. One that was not read, or that the contract refused to tell, is never zero.
std::unique_ptr<const leaf> balance_leaf(balance_terms);
/// Creates a leaf over `balanceOf(wallet)`, for ERC-20 and ERC-721.
std::unique_ptr<const leaf> token_balance_leaf(token_parameters);

} // namespace arrakis::rules
