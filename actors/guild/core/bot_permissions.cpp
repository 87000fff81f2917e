#include "actors/guild/core/bot_permissions.hpp"

#include "schemas/permissions.hpp"

#include <algorithm>

namespace arrakis::blueprint {
namespace {
using permissions::administrator;

/// docs/topics/permissions, "Permission Hierarchy": of equal positions the older role is higher.
bool above(const guild::role& a, const guild::role& b) {
  return a.position != b.position ? a.position > b.position : a.id < b.id;
}
} // namespace

const guild::role* role_with(const guild::state& g, snowflake id) {
  const auto found = std::find_if(g.roles.begin(), g.roles.end(), [&](const guild::role& r) { return r.id == id; });
  return found == g.roles.end() ? nullptr : &*found;
}

uint64_t bot_permissions(const guild::state& g) {
  uint64_t bits = 0;
  if (const auto* everyone = role_with(g, g.id))
    bits |= everyone->permissions;
  for (const auto id : g.bot_roles)
    if (const auto* r = role_with(g, id))
      bits |= r->permissions;
  return g.owner == g.bot || (bits & administrator) ? ~0ull : bits;
}

uint64_t bot_permissions_in(const guild::state& g, const guild::channel& c) {
  auto bits = bot_permissions(g);
  if (bits & administrator)
    return bits;
  uint64_t allow = 0, deny = 0;
  for (const auto& o : c.overwrites) {
    if (o.type == 0 && o.id == g.id)
      bits = (bits & ~o.deny) | o.allow;
    else if (o.type == 0 && std::find(g.bot_roles.begin(), g.bot_roles.end(), o.id) != g.bot_roles.end()) {
      allow |= o.allow;
      deny |= o.deny;
    }
  }
  bits = (bits & ~deny) | allow;
  for (const auto& o : c.overwrites)
    if (o.type == 1 && o.id == g.bot)
      bits = (bits & ~o.deny) | o.allow;
  return bits;
}

bool below_bot(const guild::state& g, const guild::role& role) {
  if (g.owner == g.bot)
    return true;
  return std::any_of(g.bot_roles.begin(), g.bot_roles.end(), [&](snowflake id) {
    const auto* mine = role_with(g, id);
    return mine && above(*mine, role);
  });
}

} // namespace arrakis::blueprint
