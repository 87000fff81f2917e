#include "actors/guild/core/refusal_cause.hpp"

#include "actors/guild/core/bot_permissions.hpp"
#include "runtime/foreign_text.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace arrakis::blueprint {
namespace {
using namespace permissions;

const guild::channel* channel_with(const guild::state& g, snowflake id) {
  const auto found = std::find_if(g.channels.begin(), g.channels.end(), [&](const auto& c) { return c.id == id; });
  return id && found != g.channels.end() ? &*found : nullptr;
}

std::string place_name(const guild::channel& c) {
  return c.type == guild::category ? fmt::format("the category {}", quoted(c.name)) : "#" + for_message(c.name);
}

/// Each with Discord's own label. Manage Roles in a channel is called Manage Permissions there.
constexpr std::pair<uint64_t, const char*> channel_needs[] = {
  {view_channel, "View Channels"}, {manage_channels, "Manage Channels"}, {manage_roles, "Manage Roles"}};

std::string role_cause(const guild::state& g, const refused_change& change) {
  const auto has = bot_permissions(g);
  if (!(has & manage_roles))
    return "it lacks Manage Roles";
  for (const auto& role : g.roles)
    if (role.id == change.id && !below_bot(g, role))
      return fmt::format("its role must stand above {}", quoted(role.name));
  const auto* wanted = std::get_if<role_fields>(&change.wanted);
  if (wanted && (wanted->permissions & ~has))
    return "it lacks permissions that the role is to give";
  return {};
}
} // namespace

std::string refusal_cause(const guild::state& g, const refused_change& change) {
  if (change.kind == "role")
    return role_cause(g, change);
  const auto everywhere = bot_permissions(g);
  const auto* wanted = std::get_if<channel_fields>(&change.wanted);
  const auto* self = channel_with(g, change.id);
  const auto* parent = channel_with(g, self && self->parent ? self->parent : wanted ? wanted->parent : snowflake{});
  for (const auto& [bit, label] : channel_needs) {
    if (!(everywhere & bit))
      return fmt::format("it lacks {}", label);
    // The category comes first: what is synced with it is mended there.
    for (const auto* channel : {parent, self})
      if (channel && !(bot_permissions_in(g, *channel) & bit))
        return fmt::format("it lacks {} in {}", label, place_name(*channel));
  }
  if (wanted)
    for (const auto& o : wanted->overwrites)
      if (const auto beyond = (o.allow | o.deny) & ~everywhere)
        for (const auto& [name, bit] : all())
          if (beyond & bit)
            return fmt::format("it lacks {}, which the plan sets for others", code(name));
  return {};
}

} // namespace arrakis::blueprint
