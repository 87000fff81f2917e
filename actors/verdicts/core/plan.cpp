#include "actors/verdicts/core/plan.hpp"

#include "actors/rules/effective.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace arrakis::verdicts {
namespace {

/// The snowflakes of the manifest's roles in the server. A role that was not made yet is not there.
std::map<std::string, snowflake> find_roles(const manifest& of, const std::vector<manifests::shadow_entry>& applied) {
  std::map<std::string, snowflake> out;
  for (const auto& entry : applied)
    if (entry.kind == "role")
      out[entry.resource] = entry.id;
  for (const auto& role : of.roles)
    if (role.existing)
      out[role.id] = *role.existing;
  return out;
}

/// Collects the roles and what grants them, one entry for each snowflake.
class role_collector {
public:
  role_collector(const manifest& of, const std::vector<manifests::shadow_entry>& applied)
    : of_{of}, ids_{find_roles(of, applied)} {}

  void add_tiers() {
    for (const auto& role : of_.roles)
      if (auto* managed = find(role.id); managed != nullptr)
        for (size_t i = 0; i < of_.tiers.size(); ++i)
          if (of_.tiers[i].id == role.tier_id)
            managed->tiers.push_back(i);
  }
  void add_rule(size_t index, const rule& source) {
    if (const auto* role = std::get_if<granted_role>(&source.grants)) {
      if (auto* managed = find(role->id); managed != nullptr)
        managed->rules.push_back(index);
    } else if (const auto* existing = std::get_if<granted_existing_role>(&source.grants)) {
      at(existing->id).rules.push_back(index);
    }
  }
  std::vector<managed_role> all() {
    std::vector<managed_role> out;
    for (auto& [id, role] : roles_)
      out.push_back(std::move(role));
    return out;
  }

private:
  managed_role& at(snowflake id) {
    auto& role = roles_[id];
    role.id = id;
    return role;
  }
  managed_role* find(const std::string& manifest_id) {
    const auto found = ids_.find(manifest_id);
    if (found == ids_.end())
      return nullptr;
    auto& role = at(found->second);
    for (const auto& each : of_.roles)
      if (each.id == manifest_id)
        role.name = each.name;
    return &role;
  }

  const manifest& of_;
  std::map<std::string, snowflake> ids_; ///< By the manifest's id.
  std::map<snowflake, managed_role> roles_;
};

const manifest_asset* find_ranked(const manifest& of) {
  for (const auto& asset : of.assets)
    if (asset.id == of.ranked_asset)
      return &asset;
  return nullptr;
}

} // namespace

caf::expected<plan> prepare(std::shared_ptr<const manifest> wanted, int64_t version,
                            const std::vector<manifests::shadow_entry>& applied) {
  plan out;
  out.version = version;
  out.wanted = std::move(wanted);
  const auto* asset = find_ranked(*out.wanted);
  if (asset == nullptr)
    return fail(ec::invalid, fmt::format("the manifest has no asset {} to rank members by", out.wanted->ranked_asset));
  auto ranked = read_ranked(*asset);
  if (!ranked)
    return std::move(ranked.error());
  out.ranked = std::move(*ranked);
  auto tiers = read_tiers(*out.wanted, asset->decimals);
  if (!tiers)
    return std::move(tiers.error());
  out.tiers = std::move(*tiers);
  auto compiled = rules::compile(rules::effective_rules(*out.wanted));
  if (!compiled)
    return std::move(compiled.error());
  out.rules = std::move(*compiled);
  role_collector roles{*out.wanted, applied};
  roles.add_tiers();
  for (size_t i = 0; i < out.rules.size(); ++i) {
    roles.add_rule(i, out.rules[i].source);
    if (std::holds_alternative<admitted_to_tiers>(out.rules[i].source.grants))
      out.admitting.push_back(i);
  }
  out.roles = roles.all();
  return out;
}

} // namespace arrakis::verdicts
