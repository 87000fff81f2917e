#pragma once
// Three states of each resource: desired (manifest), shadow (as last applied), actual (Discord now). Matched by
// snowflake: a rename is a change of one resource, never a missing and an extra one.
#include "actors/guild/core/blueprint.hpp"
#include "adapters/postgres/manifests/messages.hpp"

#include <string>
#include <vector>

namespace arrakis::blueprint {

/// Cause of a difference.
enum class cause {
  manifest_change,    ///< The manifest wants something that was not applied yet.
  external_tampering, ///< Somebody changed in Discord what was applied.
  both,               ///< Each of the two, in fields that may differ.
  missing,            ///< Applied, and not in the guild any more.
  dangerous,          ///< A role that the admins chose for a tier has a permission that no tier may give.
  left_over,          ///< Applied by an earlier version, and not in the manifest any more; no drift, and never deleted.
};
/// Action that removes a difference.
enum class action { create, update, none };

/// One difference between guild and manifest.
struct difference {
  cause why = cause::missing;
  action plan = action::none;
  key of;
  std::string name;
  snowflake id;
  std::vector<std::string> fields; ///< update: the managed fields that differ between desired and actual.
  uint64_t dangers = 0;            ///< Permissions of a tier's role, as it is now, that no tier may give.
};

/// All differences, in the order of the manifest.
std::vector<difference> diff(const manifest&, const std::vector<manifests::shadow_entry>& shadow,
                             const guild::state& now);
/// Sentence about a difference: "Role “Gold”: color was changed in Discord and would be set back."
std::string describe(const difference&);
/// True if there are no differences but left_over ones: the guild matches the manifest.
bool is_clean(const std::vector<difference>&);
/// Summary of the left_over differences: "9 old roles and 1 old channel remain"; empty without any.
std::string describe_left_over(const std::vector<difference>&);

} // namespace arrakis::blueprint
