// Items of an ERC-1155 collection (https://eips.ethereum.org/EIPS/eip-1155): those of the ids together.
#include "actors/rules/balance_leaf.hpp"

#include <boost/json/object.hpp>

namespace arrakis::rules::erc1155 {
namespace {

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string& at) {
  auto token = read_token(parameters, at);
  if (!token)
    return std::move(token.error());
  auto ids = read_token_ids(parameters, at);
  if (!ids)
    return std::move(ids.error());
  auto what = "of " + describe_ids(*ids) + " on " + token->contract.chain_name;
  return balance_leaf(
    {.range = std::move(token->range),
     .how = token->how,
     .what = std::move(what),
     .questions = [contract = std::move(token->contract), ids = std::move(*ids)](const evm_address& wallet) {
       std::vector<chain_read> out;
       for (const auto& id : ids)
         out.push_back({contract.chain, item_balance{contract.address, wallet, id}});
       return out;
     }});
}

constexpr form_input form[]{{"contract", form_input::text, "Contract address", "0x…"},
                            {"symbol", form_input::text, "Symbol of the item", "ITEM"},
                            {"ids", form_input::list, "Token ids", "1, 2, 3"},
                            {"min", form_input::text, "How many at least, of these together", "1"}};

} // namespace

const leaf_kind& definition() {
  static const leaf_kind self{.name = "erc1155",
                              .help = "Items of an ERC-1155 collection, by their ids, in a member's wallets.",
                              .parameters = R"json({
    "required": ["chain", "contract", "symbol", "ids"],
    "properties": {
      "chain": {"$ref": "#/definitions/chain"},
      "contract": {"$ref": "#/definitions/address"},
      "symbol": {"$ref": "#/definitions/symbol"},
      "ids": {"$ref": "#/definitions/tokenIds"}
    }
  })json",
                              .compares_amount = true,
                              .form = form,
                              .read = read};
  return self;
}

} // namespace arrakis::rules::erc1155
