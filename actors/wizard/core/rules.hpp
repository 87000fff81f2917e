#pragma once
// The rules of single fields. A refusal is a sentence for the admin: the field, what is wrong, the remedy.
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// The native asset needs no chain; its address and token id stay empty. The others come back with address and amounts
/// checked and `symbol` empty, to be completed by what the contract says. ec::invalid.
caf::expected<manifest_asset> check_asset(const typed_asset&, const draft&, const catalogue&);

/// A chain's answer about a contract; `known == false`: no answer, which is not "no".
struct contract_facts {
  bool known = false;
  std::string why;          ///< Unknown, or refused by the chain: the reason.
  bool refused = false;     ///< The address itself is malformed (a bad checksum) or the chain is not there.
  bool unconnected = false; ///< The operator gave this bot no endpoint of the chain.
  std::string address;      ///< EIP-55.
  bool has_code = false;
  bool matches_type = false;
  std::optional<std::string> symbol, name;
  std::optional<int> decimals; ///< ERC-20 makes them optional.
};
/// The asset with what the contract says of itself. ec::unknown: ask again; ec::refused: no endpoint; ec::invalid: not
/// such a contract, or one that lacks decimals() while `typed`, what the admin says they are, is empty.
caf::expected<manifest_asset> complete_asset(manifest_asset, const contract_facts&, std::optional<int> typed);
/// Has only the admin's word on the decimals been missing?
bool lacks_decimals(const typed_asset&, const contract_facts&);

/// One unit of a token with 78 decimals is no uint256 any more.
inline constexpr int decimals_max = 77;
/// 0 to 77; ec::invalid with the sentence.
caf::expected<int> check_decimals(std::string_view typed);
/// A sum in decimal text with at most `decimals` places, above zero, that is a uint256 in the smallest unit; leading
/// zeros and trailing fraction zeros removed.
caf::expected<std::string> check_amount(std::string_view typed, int decimals);

std::string type_name(std::string_view asset_type);  ///< "erc721" -> "NFT collection".
std::string type_label(std::string_view asset_type); ///< With its standard: "erc721" -> "NFT collection (ERC-721)".
const std::vector<std::string>& asset_types();       ///< native, erc20, erc721, erc1155.

/// Most assets of a draft.
inline constexpr size_t assets_max = 5; // Five modals of a person; a rule rarely names more.

} // namespace arrakis::wizard::core
