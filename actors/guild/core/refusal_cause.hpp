#pragma once
// Why Discord refuses the bot a change of a role or channel, read off permissions, overwrites and role positions.
#include "actors/guild/core/blueprint.hpp"

#include <string>

namespace arrakis::blueprint {

/// The change that was refused: `id` 0 where something was to be made.
struct refused_change {
  std::string kind; ///< role, category, channel.
  snowflake id;
  fields wanted;
};
/// The one cause to mend first, as half a sentence whose subject is the bot or its role: "it lacks Manage Channels in
/// the category “X”", "its role must stand above “Y”". Empty: the permissions look sufficient.
/// https://discord.com/developers/docs/topics/permissions#permission-overwrites
std::string refusal_cause(const guild::state&, const refused_change&);

} // namespace arrakis::blueprint
