#pragma once
// Own tiers: what their form says, and how a draft changes by it.
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/core/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

/// As many as a menu of Discord has room for. A manifest that was made elsewhere may have more.
inline constexpr size_t tiers_max = 25;

/// A colour of the palette.
struct named_color {
  std::string_view name;
  uint32_t value = 0; ///< 0: no colour, as Discord has it.
};
/// The colours that can be chosen by name; fewer than a menu has room for.
const std::vector<named_color>& palette();
/// "Gold", or "#ABCDEF" of one without a name.
std::string color_name(uint32_t);
/// A name of the palette in any case, or #RRGGBB with or without the sign; empty: none of these.
std::optional<uint32_t> read_color(std::string_view typed);

/// The condition under which a member gets a tier.
struct tier_rule {
  int64_t min_rank = 1;
  std::optional<int64_t> max_rank;
  std::optional<std::string> threshold; ///< Then no rank counts.
};
/// A tier as its form says it.
struct typed_tier {
  std::string name;
  tier_rule rule;
  uint32_t color = 0;
  bool hoist = true;
};
/// `of`: the place of the tier that is changed; empty: a new one. ec::invalid: all that is wrong, a sentence a line.
caf::expected<typed_tier> check_tier(const form_fields&, const draft&, std::optional<size_t> of);
/// The fields of a tier's form as the tier is now, and those that a new one begins with.
form_fields tier_fields(const draft&, size_t index);
/// The prefilled fields of the form for a new tier.
form_fields new_tier_fields(const draft&);

/// Adds a tier with a role to be made, and returns its place: by its ranks or its amount among the others, so that it
/// can be got. Roles and access of the others stay as they are.
size_t add_tier(draft&, const typed_tier&);
/// The tier keeps its id, and so its role in the server and what it may see. A role that was there stays as it is.
void change_tier(draft&, size_t index, const typed_tier&);
/// Swaps it with its neighbour above or below.
void move_tier(draft&, size_t index, bool up);
/// Channels that only it could see are then for the tier above it, or, where it was the first, for the next one. At
/// least one tier stays: `d` has two or more.
void remove_tier(draft& d, size_t index);

/// The faults that make tiers useless, as sentences: one that nobody can reach, an amount that cannot be held.
std::vector<std::string> tier_faults(const draft&);

/// "rank 1–10", "rank 51 and below", "at least 500 SPICE": to be escaped where it is shown, like a name.
std::string rule_text(const manifest_tier&, const draft&);

} // namespace arrakis::wizard::core
