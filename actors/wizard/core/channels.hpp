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
/// All of them as the screens list them: channels without a category, then each category with its channels.
std::vector<channel_item> channel_items(const draft&);

/// The planned name of a channel or category.
const std::string& name_of(const draft&, const channel_item&);
/// The existing channel or category that stands for it; none: it is made.
std::optional<snowflake> existing_of(const draft&, const channel_item&);
/// Lets an existing one stand for it; none: it is made.
void set_existing(draft&, const channel_item&, std::optional<snowflake>);

/// The categories or channels of the server that may stand for the item: those of its type, as the server lists them.
std::vector<guild::channel> choosable(const draft&, const channel_item&, const guild::state&);
/// The category of a channel and its place there, which tell it from others of its name.
std::string describe(const guild::channel&, const guild::state&);

} // namespace arrakis::wizard::core
