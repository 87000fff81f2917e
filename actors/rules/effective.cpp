#include "actors/rules/effective.hpp"

#include "actors/rules/compile.hpp"
#include "schemas/evm_address.hpp"
#include "schemas/json_schema.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <string>

namespace arrakis::rules {
namespace {

/// An address that the chain had confirmed was stored without a look at its checksum; its lower case has none.
std::string confirmed_address(std::string text) {
  if (!parse_evm_address(text))
    for (auto& c : text)
      if (c >= 'A' && c <= 'F')
        c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// The condition that a member holds the minimum of the asset. An ERC-1155 asset without a token id gives a leaf that
/// does not compile, so that its community admits nobody by it.
rule_node holds_minimum(const manifest_asset& asset) {
  rule_node out;
  out.leaf_kind = asset.type;
  out.parameters = {{"chain", asset.chain}, {"min", *asset.min_balance}};
  if (asset.type == "native")
    return out;
  out.parameters["contract"] = confirmed_address(asset.address.value_or(""));
  out.parameters["symbol"] = asset.symbol;
  if (asset.type == "erc20")
    out.parameters["decimals"] = asset.decimals;
  if (asset.token_id)
    out.parameters["ids"] = boost::json::array{*asset.token_id};
  return out;
}

bool has_minimum(const manifest_asset& asset) {
  return asset.min_balance && asset.min_balance->find_first_not_of("0.") != std::string::npos;
}

bool is_taken(const std::vector<rule>& rules, std::string_view id, std::string_view name) {
  return std::ranges::any_of(rules, [&](const rule& one) { return one.id == id || one.name == name; });
}

} // namespace

std::optional<rule> implied_rule(const manifest& m) {
  rule_node either{rule_node::any, 0, {}, {}, {}};
  for (const auto& asset : m.assets)
    if (has_minimum(asset))
      either.children.push_back(holds_minimum(asset));
  const bool is_written = std::ranges::any_of(
    m.rules, [](const rule& one) { return std::holds_alternative<admitted_to_tiers>(one.grants); });
  if (is_written || either.children.empty())
    return std::nullopt;
  rule out{std::string{implied_rule_id}, "Holders", admitted_to_tiers{}, std::move(either)};
  for (int n = 2; is_taken(m.rules, out.id, out.name); ++n) {
    out.id = fmt::format("{}-{}", implied_rule_id, n);
    out.name = fmt::format("Holders {}", n);
  }
  return out;
}

std::vector<rule> effective_rules(const manifest& m) {
  auto out = m.rules;
  if (auto implied = implied_rule(m))
    out.push_back(std::move(*implied));
  return out;
}

caf::error check(const manifest& m) {
  if (auto written = compile(m.rules); !written)
    return std::move(written.error());
  const auto implied = implied_rule(m);
  if (!implied)
    return {};
  const auto compiled = compile({*implied});
  return compiled ? caf::error{} : refuse_field("manifest", "/assets", text_of(compiled.error()));
}

} // namespace arrakis::rules
