// A fungible token (https://eips.ethereum.org/EIPS/eip-20).
#include "actors/rules/balance_leaf.hpp"
#include "actors/rules/parameters.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>

namespace arrakis::rules::erc20 {
namespace {

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string& at) {
  auto place = read_place(parameters, at);
  if (!place)
    return std::move(place.error());
  auto range = read_range(parameters, at, static_cast<int>(json::integer_or(parameters, "decimals")),
                          std::string{json::text_or(parameters, "symbol")});
  if (!range)
    return std::move(range.error());
  return balance_leaf({.range = std::move(*range),
                       .how = read_over(parameters),
                       .what = "on " + place->chain_name,
                       .questions = [place = std::move(*place)](const evm_address& wallet) {
                         return std::vector{chain_read{place.chain, token_balance{place.contract, wallet}}};
                       }});
}

} // namespace

const leaf_kind& definition() {
  static const leaf_kind self{.name = "erc20",
                              .help = "An amount of an ERC-20 token in a member's wallets.",
                              .parameters = R"json({
    "required": ["chain", "contract", "symbol", "decimals"],
    "properties": {
      "chain": {"$ref": "#/definitions/chain"},
      "contract": {"$ref": "#/definitions/address"},
      "symbol": {"$ref": "#/definitions/symbol"},
      "decimals": {"$ref": "#/definitions/decimals"},
      "min": {"$ref": "#/definitions/amount"},
      "max": {"$ref": "#/definitions/amount"},
      "wallets": {"$ref": "#/definitions/wallets"}
    }
  })json",
                              .read = read};
  return self;
}

} // namespace arrakis::rules::erc20
