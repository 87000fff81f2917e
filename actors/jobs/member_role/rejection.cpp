#include "actors/jobs/member_role/rejection.hpp"

#include "actors/guild/core/dangerous_permissions.hpp"
#include "actors/guild/core/refusal_cause.hpp"
#include "runtime/foreign_text.hpp"

#include <fmt/format.h>

namespace arrakis::jobs::member_role {

std::optional<std::string> rejection(const guild::state& g, const guild::role& role) {
  if (role.id == g.id)
    return "Every member has @everyone: nobody can give or take it. Name another role in the rule.";
  if (role.managed)
    return fmt::format(
      "The role {} belongs to a bot, an integration or to boosts: Discord lets nobody give or take it. "
      "Name another role in the rule.",
      quoted(role.name));
  if (const auto dangers = permissions::dangers_given(g, role.permissions))
    return fmt::format("The role {} has {}. Anybody can buy what earns a role, so a role with such a permission is "
                       "neither given nor taken. Remove the permission in Server Settings → Roles, or name another "
                       "role in the rule.",
                       quoted(role.name), permissions::dangers_of(dangers));
  return std::nullopt;
}

std::string refusal_sentence(const guild::state& g, const guild::role& role) {
  const auto cause = blueprint::refusal_cause(g, {"role", role.id, {}});
  return fmt::format("The bot may not give or take the role {}: {}. Change it in Server Settings → Roles.",
                     quoted(role.name),
                     cause.empty() ? "Discord refused, although its permissions look sufficient" : cause);
}

} // namespace arrakis::jobs::member_role
