#pragma once
// Why Discord refuses the bot a change of a role or channel, read off permissions, overwrites and role positions.
#include "actors/guild/core/blueprint.hpp"

#include <string>

namespace arrakis::blueprint {

/// A change that Discord refused; `id` 0: the creation of a resource.
struct refused_change {
  std::string kind; ///< role, category, channel.
  snowflake id;
  fields wanted;
};
/// The first cause to remedy of a refusal for lack of permission, as half a sentence about the bot or its role: "it
/// lacks Manage Channels in the category “X”", "its role must stand above “Y”". Empty: the permissions look sufficient.
/// https://discord.com/developers/docs/topics/permissions#permission-overwrites
std::string refusal_cause(const guild::state&, const refused_change&);

} // namespace arrakis::blueprint
