#pragma once
// The block of a chain at which a rule is judged.
#include <cstdint>
#include <optional>
#include <string_view>

namespace arrakis {

/// The choice of a block.
struct block_policy {
  /// Where the choice begins.
  enum kind : uint8_t {
    below_tip, ///< So many blocks below the newest one.
    safe,      ///< The block that nodes call "safe".
    finalized, ///< The block that nodes call "finalized".
  } is = below_tip;
  int64_t depth = 0; ///< Of below_tip.
  /// The block tag of JSON-RPC; empty for below_tip.
  std::string_view tag() const { return is == safe ? "safe" : is == finalized ? "finalized" : ""; }
  bool operator==(const block_policy&) const = default;
};

/// Parses a grant policy: "latest-2" or "safe". Empty for anything else.
std::optional<block_policy> parse_grant_policy(std::string_view);
/// Parses a revoke policy: "finalized" or "depth 64". Empty for anything else, also for "depth 0", which is the tip.
std::optional<block_policy> parse_revoke_policy(std::string_view);

} // namespace arrakis
