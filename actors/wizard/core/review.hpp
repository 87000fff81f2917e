#pragma once
// The review of a plan: how it differs from the guild and from the active version, and what members will see.
#include "actors/wizard/core/steps.hpp"

#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// Counts of one kind of resource in the plan, compared by id with the active version.
struct change_counts {
  size_t added = 0, renamed = 0, changed = 0, removed = 0;
};
/// Changes of a plan against the active version.
struct plan_changes {
  change_counts roles, categories, channels; ///< Only what a deployment makes; a resource that it uses is a mapping.
  change_counts tiers, assets;               ///< Only where there is an active version to compare with.
  /// Roles of the guild that stand for a tier: newly chosen ones, and those that are chosen no more.
  size_t mappings_added = 0, mappings_removed = 0;
  /// The same of categories and channels of the guild.
  size_t chosen_added = 0, chosen_removed = 0;
  /// "a second #general", "a second role “Gold”": what would stand in the guild twice under the same name.
  std::vector<std::string> doubles;
  /// "#general": what the active version has made, and the guild has nothing of its name.
  std::vector<std::string> missing;
  /// False: there is an active version that could not be read, so that only what is new and what is gone is known.
  bool is_compared = true;
};
/// `now` and `active` may be null: not known.
plan_changes changes_of(const record&, const guild::state* now, const manifest* active,
                        const blueprint::ids* deployed = nullptr);

/// "+9 roles, 2 roles renamed, −3 mappings", and a line for each thing that the admin should look at.
std::string change_lines(const record&, const context&);
/// The channels that everybody sees, and a line for each tier with those that it sees beyond them.
std::string member_lines(const draft&);

} // namespace arrakis::wizard::core
