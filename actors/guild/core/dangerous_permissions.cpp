#include "actors/guild/core/dangerous_permissions.hpp"

#include "schemas/permissions.hpp"

#include <fmt/format.h>

namespace arrakis::permissions {

const std::vector<danger>& dangers() {
  // https://discord.com/developers/docs/topics/permissions: all those that ask for two-factor authentication of who has
  // them, and those by which one member can disturb, silence or spy on the others.
  static const std::vector<danger> list{
    {administrator, "Administrator", "its holders can do everything in the server"},
    {manage_guild, "Manage Server", "its holders can rename the server, add bots and change its safety settings"},
    {manage_roles, "Manage Roles", "its holders can give themselves and others roles"},
    {manage_channels, "Manage Channels", "its holders can delete channels with all their messages"},
    {manage_webhooks, "Manage Webhooks", "its holders can post under any name"},
    {ban_members, "Ban Members", "its holders can ban others"},
    {kick_members, "Kick Members", "its holders can kick others"},
    {bit("MODERATE_MEMBERS"), "Timeout Members", "its holders can silence others"},
    {manage_messages, "Manage Messages", "its holders can delete what others wrote"},
    {bit("MANAGE_THREADS"), "Manage Threads", "its holders can delete threads and read private ones"},
    {bit("MANAGE_GUILD_EXPRESSIONS"), "Manage Expressions", "its holders can delete emoji, stickers and sounds"},
    {bit("MANAGE_EVENTS"), "Manage Events", "its holders can cancel the events of others"},
    {bit("MANAGE_NICKNAMES"), "Manage Nicknames", "its holders can rename others"},
    {mention_everyone, "Mention @everyone", "its holders can notify every member at once"},
    {bit("MUTE_MEMBERS"), "Mute Members", "its holders can mute others in voice channels"},
    {bit("DEAFEN_MEMBERS"), "Deafen Members", "its holders can deafen others in voice channels"},
    {bit("MOVE_MEMBERS"), "Move Members", "its holders can throw others out of voice channels"},
    {view_audit_log, "View Audit Log", "its holders can see what moderators do"},
    {bit("VIEW_CREATOR_MONETIZATION_ANALYTICS"), "View Creator Analytics", "its holders can see what the server earns"},
  };
  return list;
}

uint64_t dangerous_bits() {
  uint64_t bits = 0;
  for (const auto& d : dangers())
    bits |= d.bit;
  return bits;
}

uint64_t dangers_given(const guild::state& g, uint64_t role_permissions) {
  uint64_t everyone = 0;
  for (const auto& r : g.roles)
    if (r.id == g.id)
      everyone = r.permissions;
  return role_permissions & dangerous_bits() & ~everyone;
}

std::string dangers_of(uint64_t mask) {
  constexpr size_t named_max = 3; // A sentence; who has more of them is not to be argued with.
  std::vector<const danger*> found;
  for (const auto& d : dangers())
    if (mask & d.bit)
      found.push_back(&d);
  std::string out;
  for (size_t i = 0; i < found.size() && i < named_max; ++i)
    out += fmt::format("{}{} ({})", i == 0 ? "" : ", ", found[i]->label, found[i]->reason);
  if (found.size() > named_max)
    out += fmt::format(" and {} more", found.size() - named_max);
  return out;
}

} // namespace arrakis::permissions
