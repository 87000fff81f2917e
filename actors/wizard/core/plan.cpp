#include "actors/wizard/core/plan.hpp"

#include "actors/wizard/core/names.hpp"
#include "actors/wizard/core/rule_forms.hpp"
#include "actors/wizard/core/rules.hpp"
#include "actors/wizard/core/tiers.hpp"
#include "runtime/assert.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <set>

namespace arrakis::wizard::core {
namespace {

std::string unused(std::set<std::string>& taken, std::string wanted) {
  auto id = wanted;
  for (int n = 2; !taken.insert(id).second; ++n)
    id = fmt::format("{}-{}", wanted, n);
  return id;
}

manifest_role new_role(const manifest_tier& tier, uint32_t color) {
  manifest_role role;
  role.id = "role-" + tier.id;
  role.name = tier.name;
  role.color = color;
  role.hoist = true;
  role.tier_id = tier.id;
  return role;
}

/// tier-1, tier-2, ... of a template: ids of the tiers at these places. A place below the last tier is the last tier,
/// so that what was restricted never becomes open.
std::vector<std::string> tiers_at(const std::vector<std::string>& places, const std::vector<manifest_tier>& tiers) {
  std::vector<std::string> out;
  for (auto& place : places) {
    size_t n = 0;
    constexpr std::string_view prefix = "tier-";
    std::from_chars(place.data() + std::min(prefix.size(), place.size()), place.data() + place.size(), n);
    if (n == 0 || tiers.empty())
      continue;
    auto& id = tiers[std::min(n, tiers.size()) - 1].id;
    if (std::find(out.begin(), out.end(), id) == out.end())
      out.push_back(id);
  }
  return out;
}

void move_access(std::vector<std::string>& access, const std::vector<manifest_tier>& before,
                 const std::vector<manifest_tier>& after) {
  std::vector<std::string> places;
  for (auto& id : access)
    for (size_t i = 0; i < before.size(); ++i)
      if (before[i].id == id)
        places.push_back(fmt::format("tier-{}", i + 1));
  const bool restricted = !access.empty();
  access = tiers_at(places, after);
  ARRAKIS_ASSERT(!restricted || after.empty() || !access.empty(), "what was restricted stays restricted");
}
} // namespace

void choose_tiers(draft& d, const tier_template& chosen) {
  const auto before = d.tiers;
  const auto roles = d.roles;
  std::set<std::string> taken;
  d.tier_template = chosen.id;
  d.theme_id = chosen.theme;
  d.tiers.clear();
  d.roles.clear();
  for (auto& t : chosen.tiers) {
    manifest_tier tier{unused(taken, slug(t.name)), t.name, t.min_rank, t.max_rank};
    auto present = std::find_if(roles.begin(), roles.end(), [&](auto& r) { return r.tier_id == tier.id; });
    d.roles.push_back(present != roles.end() ? *present : new_role(tier, t.color));
    if (auto& role = d.roles.back(); !role.existing) { // The tier may have had another look of its own.
      role.name = t.name;
      role.color = t.color;
    }
    d.tiers.push_back(std::move(tier));
  }
  for (auto& c : d.categories)
    move_access(c.access_tiers, before, d.tiers);
  for (auto& c : d.channels)
    move_access(c.access_tiers, before, d.tiers);
}

void choose_channels(draft& d, const channel_template& chosen) {
  d.channel_template = chosen.id;
  d.categories.clear();
  d.channels.clear();
  std::set<std::string> taken;
  auto add = [&](const template_channel& c, std::optional<std::string> category, std::vector<std::string> access) {
    manifest_channel channel;
    channel.id = unused(taken, "ch-" + slug(c.name));
    channel.name = c.name;
    channel.type = c.type;
    channel.category_id = std::move(category);
    channel.access_tiers = std::move(access);
    channel.read_only = c.read_only;
    d.channels.push_back(std::move(channel));
  };
  for (auto& c : chosen.channels)
    add(c, std::nullopt, {});
  for (auto& g : chosen.categories) {
    manifest_category category{unused(taken, "cat-" + slug(g.name)), g.name, tiers_at(g.access, d.tiers)};
    for (auto& c : g.channels)
      add(c, category.id, category.access_tiers);
    d.categories.push_back(std::move(category));
  }
}

void skip_channels(draft& d) {
  d.channel_template = "none";
  d.categories.clear();
  d.channels.clear();
}

void create_all_roles(draft& d) {
  for (size_t i = 0; i < d.tiers.size(); ++i) {
    d.roles[i].existing.reset();
    d.roles[i].name = d.tiers[i].name;
  }
}

std::string tier_key(const draft& d, const manifest_role& role) {
  constexpr size_t room =
    40; // The length that slug() allows; ids of manifests that were not made here may have 100 characters.
  if (role.tier_id.size() <= room)
    return role.tier_id;
  return fmt::format("#{}", &role - d.roles.data());
}

std::optional<size_t> tier_at(const draft& d, std::string_view key) {
  for (size_t i = 0; i < d.roles.size(); ++i)
    if (tier_key(d, d.roles[i]) == key)
      return i;
  return std::nullopt;
}

std::optional<size_t> focused_tier(const record& r) {
  const auto found = std::ranges::find(r.draft.tiers, r.focus.tier, &manifest_tier::id);
  if (found != r.draft.tiers.end())
    return static_cast<size_t>(found - r.draft.tiers.begin());
  return r.draft.tiers.empty() ? std::nullopt : std::optional<size_t>{0};
}

std::vector<gap> gaps(const draft& d, const catalogue& names) {
  std::vector<gap> out;
  if (auto name = check_name(d.name); !name)
    out.push_back({step::init, d.name.empty() ? "Community name: give one." : text_of(name.error())});
  if (d.chains.empty())
    out.push_back({step::chain_select, "Blockchain: choose at least one."});
  for (auto& id : d.chains)
    if (!names.find_chain(id))
      out.push_back({step::chain_select, fmt::format("Blockchain: `{}` is not offered here; choose another one.", id)});
  if (d.assets.empty())
    out.push_back({step::asset_config, "Assets: add at least one."});
  if (d.tiers.empty())
    out.push_back({step::eligibility_rules, "Tiers: choose a template, or add one."});
  for (auto& sentence : tier_faults(d))
    out.push_back({step::eligibility_rules, "Tiers: " + sentence});
  std::string without;
  for (auto& tier : d.tiers)
    if (std::none_of(d.roles.begin(), d.roles.end(), [&](auto& r) { return r.tier_id == tier.id; }))
      without += (without.empty() ? "" : ", ") + tier.name;
  if (!without.empty())
    out.push_back({step::role_mapping, "Roles: these tiers still lack one: " + without + "."});
  if (d.channel_template.empty())
    out.push_back({step::channel_structure, "Channels: choose a template or skip them."});
  for (auto& sentence : rule_faults(d))
    out.push_back({step::rules, "Rules: " + sentence});
  return out;
}

std::optional<size_t> rule_at(const draft& d, std::string_view id) {
  const auto found = std::ranges::find(d.rules, id, &rule::id);
  return found == d.rules.end() ? std::nullopt : std::optional{static_cast<size_t>(found - d.rules.begin())};
}

std::string ranked_asset(const draft& d) {
  const bool is_there = std::ranges::find(d.assets, d.ranked_asset, &manifest_asset::id) != d.assets.end();
  return is_there || d.assets.empty() ? d.ranked_asset : d.assets.front().id;
}

manifest build_manifest(const draft& d) {
  manifest m;
  m.community_name = d.name;
  m.theme_id = d.theme_id;
  m.assets = d.assets;
  m.ranked_asset = ranked_asset(d);
  m.tiers = d.tiers;
  m.roles = d.roles;
  m.roles.insert(m.roles.end(), d.rule_roles.begin(), d.rule_roles.end());
  for (auto& role : m.roles) {
    std::sort(role.permissions.begin(), role.permissions.end());
    role.permissions.erase(std::unique(role.permissions.begin(), role.permissions.end()), role.permissions.end());
  }
  m.categories = d.categories;
  m.channels = d.channels;
  m.rules = d.rules;
  return m;
}

draft draft_of(const manifest& m) {
  draft d;
  d.name = m.community_name;
  d.theme_id = m.theme_id;
  d.assets = m.assets;
  for (auto& asset : m.assets)
    if (std::find(d.chains.begin(), d.chains.end(), asset.chain) == d.chains.end())
      d.chains.push_back(asset.chain);
  if (!m.assets.empty() && m.ranked_asset != m.assets.front().id)
    d.ranked_asset = m.ranked_asset;
  d.tiers = m.tiers;
  for (const auto& role : m.roles)
    (role.tier_id.empty() ? d.rule_roles : d.roles).push_back(role);
  d.channel_template = "current";
  d.categories = m.categories;
  d.channels = m.channels;
  d.rules = m.rules;
  return d;
}

std::vector<std::string> resource_ids(const manifest& m) {
  std::vector<std::string> out;
  for (auto& r : m.roles)
    if (!r.existing)
      out.push_back(r.id);
  for (auto& c : m.categories)
    if (!c.existing)
      out.push_back(c.id);
  for (auto& c : m.channels)
    if (!c.existing)
      out.push_back(c.id);
  return out;
}

} // namespace arrakis::wizard::core
