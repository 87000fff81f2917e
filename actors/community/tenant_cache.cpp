#include "actors/community/tenant_cache.hpp"

#include <algorithm>

namespace arrakis::community {
namespace {
tenant_status status_of(const described& now) {
  if (!now.exists)
    return tenant_status::none;
  if (now.record.status == "active")
    return tenant_status::active;
  return now.record.status == "frozen" ? tenant_status::frozen : tenant_status::deactivated;
}
} // namespace

std::vector<tier_rule> rules_of(const manifest& from) {
  std::vector<tier_rule> rules;
  rules.reserve(from.tiers.size());
  for (const auto& tier : from.tiers) {
    const auto role = std::ranges::find(from.roles, tier.id, &manifest_role::tier_id);
    rules.push_back({tier.id, role == from.roles.end() ? std::string{} : role->id, tier.min_rank,
                     tier.max_rank.value_or(std::numeric_limits<int64_t>::max())});
    if (tier.threshold) // An amount decides: no rank is taken.
      rules.back().max_rank = rules.back().min_rank - 1;
  }
  return rules;
}

const tier_rule* tier_of(const std::vector<tier_rule>& rules, int64_t rank) {
  const auto found = std::ranges::find_if(
    rules, [rank](const tier_rule& rule) { return rule.min_rank <= rank && rank <= rule.max_rank; });
  return found == rules.end() ? nullptr : &*found;
}

void verdict_cache::store(const verdict& what) {
  std::erase_if(verdicts_, [&](const verdict& earlier) { return earlier.member == what.member; });
  if (verdicts_.size() >= size_max)
    verdicts_.erase(verdicts_.begin());
  if (verdicts_.size()
      == verdicts_.capacity()) // By a few, not doubled: there are many tenants, and most know few members.
    verdicts_.reserve(std::min(size_max, verdicts_.size() + 4));
  verdicts_.push_back(what);
}

std::optional<verdict> verdict_cache::find(snowflake member, int64_t now_ms) const {
  const auto found = std::ranges::find(verdicts_, member, &verdict::member);
  if (found == verdicts_.end() || found->found_at_ms + fresh_ms <= now_ms || found->found_at_ms > now_ms)
    return std::nullopt;
  return *found;
}

void tenant_cache::refresh(const described& now) {
  if (!known || fence != now.record.fence || version != now.record.active_version)
    verdicts.clear();
  known = true;
  status = status_of(now);
  fence = now.record.fence;
  version = now.record.active_version;
  rules = now.active ? rules_of(*now.active) : std::vector<tier_rule>{};
}
} // namespace arrakis::community
