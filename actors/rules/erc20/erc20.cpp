// A fungible token (https://eips.ethereum.org/EIPS/eip-20).
#include "actors/rules/balance_leaf.hpp"

#include <boost/json/object.hpp>

namespace arrakis::rules::erc20 {
namespace {

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string& at) {
  auto token = read_token(parameters, at);
  if (!token)
    return std::move(token.error());
  return token_balance_leaf(std::move(*token));
}

constexpr form_input form[]{{"contract", form_input::text, "Contract address", "0x…"},
                            {"symbol", form_input::text, "Symbol of the token", "SPICE"},
                            {"decimals", form_input::integer, "Decimals of the token", "18"},
                            {"min", form_input::text, "Least amount", "100"}};

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
      "decimals": {"$ref": "#/definitions/decimals"}
    }
  })json",
                              .compares_amount = true,
                              .form = form,
                              .read = read};
  return self;
}

} // namespace arrakis::rules::erc20
