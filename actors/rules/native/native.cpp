// The native coin of a chain.
#include "actors/rules/balance_leaf.hpp"
#include "actors/rules/parameters.hpp"
#include "adapters/chain/catalogue/catalogue.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>

namespace arrakis::rules::native {
namespace {

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string& at) {
  if (auto error = check_chain(parameters, at))
    return error;
  const auto& chain = *chain::find(json::text_or(parameters, "chain"));
  auto range = read_range(parameters, at, chain.decimals, chain.symbol);
  if (!range)
    return std::move(range.error());
  return balance_leaf({.range = std::move(*range),
                       .how = read_over(parameters),
                       .what = "on " + chain.name,
                       .questions = [id = chain.id](const evm_address& wallet) {
                         return std::vector{chain_read{id, native_balance{wallet}}};
                       }});
}

constexpr form_input form[]{{"min", form_input::text, "Least amount", "0.5", false},
                            {"max", form_input::text, "Less than this amount (empty: no upper bound)", "100", false}};

} // namespace

const leaf_kind& definition() {
  static const leaf_kind self{.name = "native",
                              .help = "Coins of a chain, such as ETH, in a member's wallets.",
                              .parameters = R"json({
    "required": ["chain"],
    "properties": {
      "chain": {"$ref": "#/definitions/chain"}
    }
  })json",
                              .compares_amount = true,
                              .form = form,
                              .read = read};
  return self;
}

} // namespace arrakis::rules::native
