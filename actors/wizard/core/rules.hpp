#pragma once
// The rules of single fields. A refusal is a sentence for the admin: the field, what is wrong, the remedy.
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// Checks a typed asset. The native coin has no address and token id. Other assets are returned with checked address
/// and amounts and an empty `symbol`, which complete_asset fills. ec::invalid, with a sentence.
caf::expected<manifest_asset> check_asset(const typed_asset&, const draft&, const catalogue&);

/// Facts about a contract from its chain; `known == false`: no answer, which is not "no".
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
/// Completes an asset by the contract's facts. ec::unknown: ask again; ec::refused: no endpoint; ec::invalid: another
/// kind of contract, or one without decimals() while `typed`, the decimals by the admin, is empty.
caf::expected<manifest_asset> complete_asset(manifest_asset, const contract_facts&, std::optional<int> typed);
/// True if the asset lacks only the decimals, which the admin must enter.
bool lacks_decimals(const typed_asset&, const contract_facts&);

/// Limit of decimals: one unit of a token with 78 does not fit a uint256.
inline constexpr int decimals_max = 77;
/// Parses decimals from 0 to 77; ec::invalid with the sentence.
caf::expected<int> check_decimals(std::string_view typed);
/// Checks an amount in decimal text: at most `decimals` places, above zero, a uint256 in the smallest unit. Returns it
/// without leading zeros and trailing fraction zeros.
caf::expected<std::string> check_amount(std::string_view typed, int decimals);

std::string type_name(std::string_view asset_type);  ///< "erc721" -> "NFT collection".
std::string type_label(std::string_view asset_type); ///< With its standard: "erc721" -> "NFT collection (ERC-721)".
const std::vector<std::string>& asset_types();       ///< native, erc20, erc721, erc1155.

/// Limit of assets in a draft.
inline constexpr size_t assets_max = 5; // Five modals of a person; a rule rarely names more.

} // namespace arrakis::wizard::core
