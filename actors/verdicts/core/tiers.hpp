#pragma once
// The way from the ranked asset to a tier. Pure.
#include "actors/rules/amounts.hpp"
#include "actors/verdicts/core/roles.hpp"
#include "schemas/manifest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace arrakis::verdicts {

/// The asset that ranks members, and how a chain is asked for it.
struct ranked_asset {
  manifest_asset asset;
  evm_address contract; ///< Of all but the native coin.
  uint256 token_id;     ///< Of an ERC-1155.
  /// Names the asset among all: "base/erc20/0x...", "base/erc1155/0x.../7". Amounts of one identity are of one unit.
  std::string identity() const;
  /// The question about one wallet. The answers to those of all wallets add up to the amount.
  chain_read question(const evm_address& wallet) const;
};
/// Reads an asset of a manifest. ec::invalid names what is wrong.
caf::expected<ranked_asset> read_ranked(const manifest_asset&);

/// The amount of the ranked asset that was read at the block `At`. An unread part is any amount: never zero.
template <class At>
class held_amount {
public:
  held_amount(const ranked_asset& of, const rules::wallets& wallets, const rules::answers<At>& read) {
    if (read.is_open(of.asset.chain))
      total_ = rules::bounds::anything();
    for (const auto& wallet : wallets)
      total_ = total_ + bounds_of(read.find(of.question(wallet)));
  }
  const rules::bounds& total() const { return total_; }
  /// The amount; empty: not all of it is known.
  std::optional<uint256> exact() const { return total_.is_exact() ? std::optional{total_.least} : std::nullopt; }

private:
  static rules::bounds bounds_of(const any_reading<contract_answer>& answer) {
    return answer.match(
      [](const auto& known) {
        const auto* number = std::get_if<uint256>(&known.value);
        return number != nullptr ? rules::bounds::exactly(*number) : rules::bounds::anything();
      },
      [](const unknown_reason&) { return rules::bounds::anything(); });
  }
  rules::bounds total_ = rules::bounds::exactly(uint256{});
};

/// A tier as it is judged.
struct tier_terms {
  std::optional<uint256> threshold; ///< In the smallest unit. Empty: by rank.
  int64_t min_rank = 1;
  std::optional<int64_t> max_rank;
};
/// Reads the tiers of a manifest, the best one first. ec::invalid: a threshold that is no amount of the asset.
caf::expected<std::vector<tier_terms>> read_tiers(const manifest&, int decimals);
/// True if an exact amount must be ranked to judge the tiers.
bool needs_rank(const std::vector<tier_terms>&);
/// True, unknown or false for each tier by amount and rank alone: the first that fits is the member's. A member who
/// holds nothing has no rank; a rank that is not known (`rank` empty) decides nothing.
std::vector<truth> fit_tiers(const std::vector<tier_terms>&, const rules::bounds& held, std::optional<int64_t> rank);

/// Judges the tiers of a member at the block `At`. At the block that takes, a rank is never known: it would compare
/// with amounts of others that were read near the tip at other times, so that a member would lose a role to what others
/// once held. Only the sweep of all members, which is not built yet, can confirm it.
template <class At>
class tier_judge {
public:
  /// `rank`: of the exact amount, where that is known. Near the tip only.
  static std::vector<source_answer<At>> judge(const std::vector<tier_terms>& tiers, const source_answer<At>& admitted,
                                              const held_amount<At>& held, std::optional<int64_t> rank) {
    std::vector<source_answer<At>> out;
    if constexpr (std::is_same_v<At, revoke_block>)
      rank.reset();
    for (const auto fits : fit_tiers(tiers, held.total(), rank))
      out.push_back(source_answer<At>{std::min(fits, admitted.value())});
    return out;
  }
};

} // namespace arrakis::verdicts
