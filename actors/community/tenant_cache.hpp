#pragma once
// The memory of a tenant's actor between questions: small, bounded, and never the truth. An installation has
// many thousands of these at once (bench/community_bench.cpp), so nothing here holds a manifest.
#include "actors/community/messages.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace arrakis::community {

/// Rule of one tier of the active version: the ranks that get it, and the role of the manifest that it grants.
struct tier_rule {
  std::string tier; ///< Manifest ids.
  std::string role;
  int64_t min_rank = 1;
  int64_t max_rank = std::numeric_limits<int64_t>::max(); ///< Inclusive.
};

/// Rules of a manifest's tiers, in its order. A tier without a role has an empty role id.
std::vector<tier_rule> rules_of(const manifest&);
/// First tier whose ranks include `rank`; nullptr: no tier does.
const tier_rule* tier_of(const std::vector<tier_rule>&, int64_t rank);

/// Cache of the newest verdict of each member. A verdict is valid only under the version and the fence under which it
/// was made, and only for a limited time.
class verdict_cache {
public:
  static constexpr size_t size_max = 64;          ///< A further one takes the place of the oldest.
  static constexpr int64_t fresh_ms = 5 * 60'000; ///< As long as the profile's key in Redis.

  void store(const verdict&);
  /// The member's verdict, unless it is older than `fresh_ms` at `now_ms`, or later than `now_ms` (the clock was set
  /// back, so its age is not known).
  std::optional<verdict> find(snowflake member, int64_t now_ms) const;
  void clear() { verdicts_.clear(); }
  size_t size() const { return verdicts_.size(); }

private:
  std::vector<verdict> verdicts_; ///< The oldest first.
};

/// Cached state of one tenant. `version` and `fence` are those under which rules and verdicts were read.
struct tenant_cache {
  bool known = false;
  tenant_status status = tenant_status::none;
  int64_t fence = 0;
  int64_t version = 0;
  std::vector<tier_rule> rules;
  verdict_cache verdicts;

  /// Stores what PostgreSQL answered. Drops verdicts of another version or fence.
  void refresh(const described&);
};
} // namespace arrakis::community
