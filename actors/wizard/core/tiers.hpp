#pragma once
// Own tiers: what their form says, and how a draft changes by it.
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// Limit of tiers: Discord's limit of options in a select. A manifest from elsewhere may have more.
inline constexpr size_t tiers_max = 25;

/// A colour of the palette.
struct named_color {
  std::string_view name;
  uint32_t value = 0; ///< 0: no colour, as Discord has it.
};
/// Named colours that can be chosen; fewer than a select's limit.
const std::vector<named_color>& palette();
/// Name of a colour: "Gold", or "#ABCDEF" without a name.
std::string color_name(uint32_t);
/// Parses a colour name of the palette in any case, or RRGGBB with or without #; empty: neither.
std::optional<uint32_t> read_color(std::string_view typed);

/// The condition under which a member gets a tier.
struct tier_rule {
  int64_t min_rank = 1;
  std::optional<int64_t> max_rank;
  std::optional<std::string> threshold; ///< Then no rank counts.
};
/// A tier as typed in its modal.
struct typed_tier {
  std::string name;
  tier_rule rule;
  uint32_t color = 0;
  bool hoist = true;
};
/// Checks a typed tier. `of`: the index of the changed one; empty: a new one. ec::invalid: a line for each fault.
caf::expected<typed_tier> check_tier(const form_fields&, const draft&, std::optional<size_t> of);
/// Fields of a tier's modal, prefilled with the tier.
form_fields tier_fields(const draft&, size_t index);
/// Fields of the modal for a new tier, prefilled.
form_fields new_tier_fields(const draft&);

/// Adds a tier with a role to be created, and returns its index: sorted by its ranks or amount, so that members can
/// reach it. Roles and access of the other tiers do not change.
size_t add_tier(draft&, const typed_tier&);
/// Changes a tier. It keeps its id, and so its role and access in the guild; an existing role is not changed.
void change_tier(draft&, size_t index, const typed_tier&);
/// Swaps a tier with the one above or below.
void move_tier(draft&, size_t index, bool up);
/// Removes a tier. Channels that only it could see become visible to the tier above it or, if it was the first, the
/// next one. `d` must have two or more tiers.
void remove_tier(draft& d, size_t index);

/// Sentences about tiers that no member can reach, or whose amount cannot be held.
std::vector<std::string> tier_faults(const draft&);

/// Rule of a tier: "rank 1–10", "rank 51 and below", "at least 500 SPICE"; escape it for a message, like a name.
std::string rule_text(const manifest_tier&, const draft&);

} // namespace arrakis::wizard::core
