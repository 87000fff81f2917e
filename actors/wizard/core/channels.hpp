#pragma once
// The categories and channels of a draft, and those of the server that may stand for them.
#include "actors/wizard/core/record.hpp"
#include "schemas/guild.hpp"

#include <optional>
#include <string>
#include <vector>

namespace arrakis::wizard::core {

/// A category or channel of the draft.
struct channel_item {
  bool is_category = false;
  size_t index = 0; ///< In draft::categories or draft::channels.
  bool operator==(const channel_item&) const = default;
};
/// All items in the screens' order: channels without a category, then each category with its channels.
std::vector<channel_item> channel_items(const draft&);

/// The planned name of a channel or category.
const std::string& name_of(const draft&, const channel_item&);
/// Existing channel or category that the admin chose for the item; none: it will be created.
std::optional<snowflake> existing_of(const draft&, const channel_item&);
/// Sets the existing channel or category of the item; none: it will be created.
void set_existing(draft&, const channel_item&, std::optional<snowflake>);

/// Channels of the guild that may be chosen for the item: those of its type, in the guild's order.
std::vector<guild::channel> choosable(const draft&, const channel_item&, const guild::state&);
/// Text that tells a channel from others of its name: its category and position.
std::string describe(const guild::channel&, const guild::state&);

} // namespace arrakis::wizard::core
