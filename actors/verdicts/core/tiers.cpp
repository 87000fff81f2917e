#include "actors/verdicts/core/tiers.hpp"

#include "schemas/json_schema.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::verdicts {

std::string ranked_asset::identity() const {
  if (asset.type == "native")
    return asset.chain + "/native";
  const auto of = fmt::format("{}/{}/{}", asset.chain, asset.type, contract.text());
  return asset.type == "erc1155" ? of + "/" + to_decimal(token_id) : of;
}

chain_read ranked_asset::question(const evm_address& wallet) const {
  if (asset.type == "native")
    return {asset.chain, native_balance{wallet}};
  if (asset.type == "erc1155")
    return {asset.chain, item_balance{contract, wallet, token_id}};
  return {asset.chain, token_balance{contract, wallet}};
}

caf::expected<ranked_asset> read_ranked(const manifest_asset& asset) {
  ranked_asset out{asset, {}, {}};
  if (asset.type == "native")
    return out;
  const auto contract = parse_evm_address(asset.address.value_or(""));
  if (!contract)
    return fail(ec::invalid, fmt::format("the contract of {}: {}", asset.id, text_of(contract.error())));
  out.contract = *contract;
  if (asset.type != "erc1155")
    return out;
  const auto id = parse_uint256(asset.token_id.value_or(""));
  if (!id)
    return fail(ec::invalid, fmt::format("the token id of {} is no number", asset.id));
  out.token_id = *id;
  return out;
}

caf::expected<std::vector<tier_terms>> read_tiers(const manifest& of, int decimals) {
  std::vector<tier_terms> out;
  for (const auto& tier : of.tiers) {
    tier_terms terms{std::nullopt, tier.min_rank, tier.max_rank};
    if (tier.threshold) {
      auto amount = parse_units(*tier.threshold, decimals);
      if (!amount)
        return fail(ec::invalid, fmt::format("the threshold of {}: {}", tier.id, text_of(amount.error())));
      terms.threshold = *amount;
    }
    out.push_back(std::move(terms));
  }
  return out;
}

bool needs_rank(const std::vector<tier_terms>& tiers) {
  return std::any_of(tiers.begin(), tiers.end(), [](const auto& tier) { return !tier.threshold; });
}

namespace {

truth fits(const tier_terms& tier, const rules::bounds& held, std::optional<int64_t> rank) {
  const uint256 nothing;
  if (tier.threshold) {
    if (held.least >= *tier.threshold)
      return truth::yes;
    return held.most && *held.most < *tier.threshold ? truth::no : truth::unknown;
  }
  if (held.most == nothing)
    return truth::no;
  if (!rank || !held.is_exact())
    return truth::unknown;
  return *rank >= tier.min_rank && (!tier.max_rank || *rank <= *tier.max_rank) ? truth::yes : truth::no;
}

} // namespace

std::vector<truth> fit_tiers(const std::vector<tier_terms>& tiers, const rules::bounds& held,
                             std::optional<int64_t> rank) {
  std::vector<truth> out;
  auto none_before = truth::yes; // No better tier fits.
  for (const auto& tier : tiers) {
    const auto answer = fits(tier, held, rank);
    out.push_back(std::min(answer, none_before));
    none_before = std::min(none_before, rules::operator!(answer));
  }
  return out;
}

} // namespace arrakis::verdicts
