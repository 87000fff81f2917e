#pragma once
// From what the admin said to what the guild becomes, and back.
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/record.hpp"

#include <optional>

namespace arrakis::wizard::core {

/// Sets the tiers of `chosen`. Roles of removed tiers are dropped, new tiers get a role to be created, and restricted
/// channels stay restricted to the tiers at the same positions.
void choose_tiers(draft&, const tier_template& chosen);
/// Sets categories and channels of `chosen`; "tier-N" in it is the N-th tier from the top.
void choose_channels(draft&, const channel_template& chosen);
/// Plans no channels: the guild's stay as they are.
void skip_channels(draft&);
/// Plans a new role for every tier.
void create_all_roles(draft&);

/// Tier id if it fits into the custom id (100 characters), else its index.
std::string tier_key(const draft&, const manifest_role&);
/// Index of the tier with this key; empty: there is none.
std::optional<size_t> tier_at(const draft&, std::string_view key);

/// Index of the tier that the screen shows: the chosen one, else the first; empty: there is none.
std::optional<size_t> focused_tier(const record&);

/// A missing answer of a draft: its step and a sentence.
struct gap {
  step at = step::init;
  std::string sentence;
};
/// Missing answers of a draft, in the order of the steps; empty: it can be deployed.
std::vector<gap> gaps(const draft&, const catalogue&);

/// The rule of this id; none: there is no such rule.
std::optional<size_t> rule_at(const draft&, std::string_view id);
/// Id of the asset that ranks the members: the one of the draft while it is there, else the first. Empty: no assets.
std::string ranked_asset(const draft&);
/// Builds the manifest of a draft without gaps. Deterministic.
manifest build_manifest(const draft&);
/// Draft from which build_manifest builds exactly `active`, with all its ids.
draft draft_of(const manifest& active);
/// Ids of all resources of a manifest.
std::vector<std::string> resource_ids(const manifest& m);

} // namespace arrakis::wizard::core
