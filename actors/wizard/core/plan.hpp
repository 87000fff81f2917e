#pragma once
// From what the admin said to what the guild becomes, and back.
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/record.hpp"

#include <optional>

namespace arrakis::wizard::core {

/// Sets the tiers of `chosen`. Roles follow: those of tiers that go are dropped, new tiers get a role to be created,
/// and channels stay restricted to the tiers of the same place from the top.
void choose_tiers(draft&, const tier_template& chosen);
/// Sets categories and channels of `chosen`; tier-N is the N-th tier from the top.
void choose_channels(draft&, const channel_template& chosen);
/// Leaves the guild's channels as they are.
void skip_channels(draft&);
/// Every tier gets a new role.
void create_all_roles(draft&);

/// How a custom id names the tier of a role: by its id where there is room for it, else by its place.
std::string tier_key(const draft&, const manifest_role&);
/// The place of the tier of this key; empty: there is none.
std::optional<size_t> tier_at(const draft&, std::string_view key);

/// The tier that a screen is turned to: the chosen one, else the first; empty: there is none.
std::optional<size_t> focused_tier(const record&);

/// An open decision: its step and its sentence.
struct gap {
  step at = step::init;
  std::string sentence;
};
/// The open decisions of a draft, in the order of the steps; empty: it can be deployed.
std::vector<gap> gaps(const draft&, const catalogue&);

/// Id of the asset that ranks the members: the one of the draft while it is there, else the first. Empty: no assets.
std::string ranked_asset(const draft&);
/// The manifest of a draft without gaps. Pure: the same draft gives the same manifest.
manifest build_manifest(const draft&);
/// The draft that builds exactly `active`: every id stays what it is.
draft draft_of(const manifest& active);
/// Ids of everything that `m` makes in a guild.
std::vector<std::string> resource_ids(const manifest& m);

} // namespace arrakis::wizard::core
