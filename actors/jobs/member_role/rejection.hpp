#pragma once
// Why a role is neither given nor taken, in sentences for an admin.
#include "schemas/guild.hpp"

#include <optional>
#include <string>

namespace arrakis::jobs::member_role {

/// Rejects roles that no verdict may touch: @everyone, managed ones (of a bot, an integration or boosts), and those
/// with dangerous permissions (actors/guild/core/dangerous_permissions.hpp). Empty: the role may be given and taken.
/// `g` has id and roles.
std::optional<std::string> rejection(const guild::state& g, const guild::role&);

/// Explains Discord's refusal (50013, 50028) by the bot's permissions and the positions of its roles. `g` is the whole
/// guild.
std::string refusal_sentence(const guild::state& g, const guild::role&);

} // namespace arrakis::jobs::member_role
