#pragma once
// The rules by which the members of a community are judged: those that the admins wrote, and the one that the assets of
// the manifest imply.
#include "runtime/error.hpp"
#include "schemas/manifest.hpp"

#include <optional>
#include <vector>

namespace arrakis::rules {

/// Id of the implied rule; "holders-2" and so on where a written rule has it.
inline constexpr std::string_view implied_rule_id = "holders";

/// The rule that the assets imply where no written rule admits to the tiers: a member holds the minimum of any asset
/// that has one. Nothing: a written rule admits, or no asset has a minimum; then whoever is ranked is admitted.
std::optional<rule> implied_rule(const manifest&);

/// The written rules, then the implied one where there is one.
std::vector<rule> effective_rules(const manifest&);

/// Checks the rules of a version before it is accepted. ec::invalid names the JSON pointer of the first wrong field of
/// a leaf, or "/assets" where the minimum of an asset cannot be read on its chain.
caf::error check(const manifest&);

} // namespace arrakis::rules
