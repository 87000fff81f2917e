#pragma once
// The choice of the block that is read, from the newest blocks of the endpoints. Pure.
#include "schemas/block_policy.hpp"
#include "schemas/reading.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace arrakis::chain::reader {

/// A block by number and hash.
struct block_id {
  int64_t number = 0;
  std::string hash; ///< 0x and 64 lower-case hex digits.
  bool operator==(const block_id&) const = default;
};

/// The newest block of one endpoint.
struct chain_tip {
  std::string endpoint; ///< Host and port.
  block_id newest;
  int64_t time_s = 0;             ///< Of the newest block, Unix time.
  std::optional<block_id> tagged; ///< The block of the policy's tag, where it was asked for.
};

/// Limits for choosing a block.
struct block_terms {
  block_policy policy;
  size_t needed = 1;                           ///< Endpoints that have to agree.
  std::chrono::milliseconds block_time{1'000}; ///< On average.
  std::chrono::seconds tip_age_max{0};         ///< 0: any.
  std::chrono::seconds lag_max{20};            ///< Endpoints whose tips are further apart do not confirm each other.
  std::chrono::seconds safe_lag_max{30 * 60};  ///< A "safe" block that is further below the tip is too old.
  int64_t now_s = 0;                           ///< Unix time.
  std::string chain;                           ///< Name for people.
};

/// Chooses the number of the block to read by the policy, below a tip that a majority of the answering endpoints, at
/// least `needed`, has reached and is near to. Unknown if there is none yet.
std::variant<int64_t, unknown_reason> choose_block(const std::vector<chain_tip>&, const block_terms&);

} // namespace arrakis::chain::reader
