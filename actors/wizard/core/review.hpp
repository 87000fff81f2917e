#pragma once
// The review of a plan: how it differs from the guild and from the active version, and what members will see.
#include "actors/wizard/core/steps.hpp"

#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// Numbers of added, changed and removed resources of one kind, compared by id with the active version.
struct change_counts {
  size_t added = 0, renamed = 0, changed = 0, removed = 0;
};
/// Changes of a plan against the active version.
struct plan_changes {
  change_counts roles, categories, channels; ///< Only what a deployment makes; a resource that it uses is a mapping.
  change_counts tiers, assets, rules;        ///< Only where there is an active version to compare with.
  bool is_ranked_anew = false;               ///< Another asset ranks the members.
  /// Roles of the guild that stand for a tier: newly chosen ones, and those that are chosen no more.
  size_t mappings_added = 0, mappings_removed = 0;
  /// Existing categories and channels: newly chosen ones, and those no longer chosen.
  size_t chosen_added = 0, chosen_removed = 0;
  /// Names of planned resources that the guild has already, so that there would be two: "a second #general".
  std::vector<std::string> doubles;
  /// Names of the active version's resources that the guild lacks: "#general".
  std::vector<std::string> missing;
  /// False: the active version could not be read, so only additions and removals are known.
  bool is_compared = true;
};
/// Computes the changes of the plan. `now` and `active` may be null: not known.
plan_changes changes_of(const record&, const guild::state* now, const manifest* active,
                        const blueprint::ids* deployed = nullptr);

/// Lines about the changes: "+9 roles, 2 roles renamed, −3 mappings", then one for each point to check.
std::string change_lines(const record&, const context&);
/// Lines about access: the channels that everybody sees, and for each tier the further ones.
std::string member_lines(const draft&);

} // namespace arrakis::wizard::core
