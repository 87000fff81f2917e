#pragma once
// Chain reads for the wizard: is there a contract, and what does it say of itself. Unknown is never "no".
#include "runtime/deadline.hpp"
#include "runtime/flow/cancel.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <optional>
#include <string>

namespace arrakis::chain {
/// Asks for the properties of a contract. -> contract. `type`: erc20, erc721, erc1155.
struct inspect_contract {
  std::string chain;
  std::string address;
  std::string type;
  deadline until;
};
/// Properties of a contract at one block. `symbol` and `decimals` are absent when the contract has no such function.
struct contract {
  std::string address; ///< EIP-55 checksum form.
  bool has_code = false;
  bool matches_type = false; ///< By ERC-165 for NFTs; by totalSupply() for ERC-20, which may lack decimals().
  std::optional<std::string> symbol;
  std::optional<std::string> name;
  std::optional<int> decimals;
  int64_t block = 0;
};
/// ec::unknown: no endpoint answered in time, or they disagree (the text says which). ec::invalid: malformed address.
/// ec::not_found: no such chain in config/chains. ec::refused: no endpoint of this chain is configured.
/// An inspection can be cancelled: no further endpoint is asked, and what is under way is cut off.
using handle = caf::typed_actor<caf::replies_to<inspect_contract>::with<contract>, caf::reacts_to<cancel>>;
} // namespace arrakis::chain
