#pragma once
// The memory of a tenant's actor between questions: small, bounded, and never the truth. An installation has
// many thousands of these at once (bench/community_bench.cpp), so nothing here holds a manifest.
#include "actors/community/messages.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace arrakis::community {

/// One tier of the active version: who gets it, and which role of the manifest it earns.
struct tier_rule {
  std::string tier; ///< Manifest ids.
  std::string role;
  int64_t min_rank = 1;
  int64_t max_rank = std::numeric_limits<int64_t>::max(); ///< Inclusive.
};

/// The rules of a manifest, in its order. A tier without a role earns none and is kept with an empty one.
std::vector<tier_rule> rules_of(const manifest&);
/// The first tier that takes the rank; nullptr: ranks outside every tier earn none.
const tier_rule* tier_of(const std::vector<tier_rule>&, int64_t rank);

/// The verdicts that were found last, one a member. They are worth something only under the version and the fence that
/// they were found under, and only for a while.
class verdict_cache {
public:
  static constexpr size_t size_max = 64;          ///< A further one takes the place of the oldest.
  static constexpr int64_t fresh_ms = 5 * 60'000; ///< As long as the profile's key in Redis.

  void store(const verdict&);
  /// The member's verdict, unless it is older than fresh_ms at `now_ms`, or of a time to come: the clock was set back,
  /// and its age is not known.
  std::optional<verdict> find(snowflake member, int64_t now_ms) const;
  void clear() { verdicts_.clear(); }
  size_t size() const { return verdicts_.size(); }

private:
  std::vector<verdict> verdicts_; ///< The oldest first.
};

/// All of it. `version` and `fence` say what the rules and the verdicts were found under.
struct tenant_cache {
  bool known = false;
  tenant_status status = tenant_status::none;
  int64_t fence = 0;
  int64_t version = 0;
  std::vector<tier_rule> rules;
  verdict_cache verdicts;

  /// Takes over what PostgreSQL says. Verdicts of another version or fence are dropped.
  void refresh(const described&);
};
} // namespace arrakis::community
