#include "apps/sandbox/model/permissions.hpp"

namespace arrakis::sandbox::model {
namespace {
bool has_role(const member& who, snowflake id) {
  return std::find(who.roles.begin(), who.roles.end(), id) != who.roles.end();
}
} // namespace

uint64_t permissions_in(const guild& in, snowflake user) {
  if (in.owner == user)
    return every_permission;
  const auto who = in.members.find(user);
  if (who == in.members.end())
    return 0;
  uint64_t mask = in.roles.at(in.id).permissions;
  for (const auto id : who->second.roles)
    if (const auto role = in.roles.find(id); role != in.roles.end())
      mask |= role->second.permissions;
  return mask & arrakis::permissions::administrator ? every_permission : mask;
}

uint64_t permissions_in(const guild& in, const channel& where, snowflake user) {
  if (is_thread(where.kind)) { // A thread has the overwrites of its channel; a private one is its members' own.
    const auto parent = in.channels.find(where.parent);
    const auto mask = parent == in.channels.end() ? 0 : permissions_in(in, parent->second, user);
    const bool hidden = where.kind == private_thread && !where.thread.members.contains(user)
                     && !(mask & manage_threads);
    return hidden ? 0 : mask;
  }
  uint64_t mask = permissions_in(in, user);
  if (mask == 0 || mask & arrakis::permissions::administrator)
    return mask;
  const auto& who = in.members.at(user);
  uint64_t role_allow = 0;
  uint64_t role_deny = 0;
  const overwrite* personal = nullptr;
  // @everyone first, then all roles together, then the member: a later one wins.
  for (const auto& each : where.overwrites) {
    if (each.kind == overwrite::of_role && each.id == in.id)
      mask = (mask & ~each.deny) | each.allow;
    else if (each.kind == overwrite::of_role && has_role(who, each.id)) {
      role_allow |= each.allow;
      role_deny |= each.deny;
    } else if (each.kind == overwrite::of_member && each.id == user)
      personal = &each;
  }
  mask = (mask & ~role_deny) | role_allow;
  if (personal)
    mask = (mask & ~personal->deny) | personal->allow;
  return mask & arrakis::permissions::view_channel ? mask : 0;
}

uint64_t permissions_at(const channel_ref& at, snowflake user) {
  using namespace arrakis::permissions;
  if (at.guild)
    return permissions_in(*at.guild, *at.channel, user);
  return view_channel | send_messages | embed_links | attach_files | read_message_history | add_reactions
       | pin_messages;
}

bool above(const role& a, const role& b) { return a.position != b.position ? a.position > b.position : a.id < b.id; }

const role& highest_role(const guild& in, snowflake user) {
  const auto* highest = &in.roles.at(in.id);
  if (const auto who = in.members.find(user); who != in.members.end())
    for (const auto id : who->second.roles)
      if (const auto role = in.roles.find(id); role != in.roles.end() && above(role->second, *highest))
        highest = &role->second;
  return *highest;
}

bool commands_role(const guild& in, snowflake user, const role& which) {
  return in.owner == user || above(highest_role(in, user), which);
}

bool outranks(const guild& in, snowflake user, snowflake other) {
  if (other == in.owner || user == other)
    return false;
  return in.owner == user || above(highest_role(in, user), highest_role(in, other));
}

} // namespace arrakis::sandbox::model
