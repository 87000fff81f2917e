#include "actors/wizard/core/facts.hpp"

#include "schemas/permissions.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {
// Discord: 250 roles and 500 channels a guild. https://discord.com/developers/docs/topics/permissions (roles),
// https://support.discord.com/hc/en-us/articles/33694251638295 (channels)
constexpr size_t roles_max = 250, channels_max = 500;

bool known(const record& r, const std::string& id) {
  return std::find(r.base_resources.begin(), r.base_resources.end(), id) != r.base_resources.end();
}

void look_at_permissions(const record& r, const guild_facts& facts, std::vector<std::string>& out) {
  using namespace permissions;
  if ((facts.bot_permissions & administrator) != 0)
    return;
  std::vector<std::pair<uint64_t, const char*>> needed{{manage_roles, "Manage Roles"},
                                                       {view_audit_log, "View Audit Log"}};
  if (!r.draft.channels.empty() || !r.draft.categories.empty()) {
    needed.push_back({manage_channels, "Manage Channels"});
    needed.push_back({view_channel, "View Channels"});
    needed.push_back({send_messages, "Send Messages"});
  }
  if (std::any_of(r.draft.channels.begin(), r.draft.channels.end(), [](auto& c) { return c.type == "voice"; }))
    needed.push_back({connect, "Connect"});
  std::string missing;
  for (auto& [bit, name] : needed)
    if ((facts.bot_permissions & bit) == 0)
      missing += (missing.empty() ? "" : ", ") + std::string{name};
  if (!missing.empty())
    out.push_back(fmt::format(
      "The bot lacks: {}. Allow it under Server Settings → Roles → the bot's role, then check again.", missing));
}

void look_at_roles(const record& r, const guild_facts& facts, std::vector<std::string>& out) {
  if (facts.bot_top_position < 1)
    out.push_back(
      "The bot has no role of its own, so it can manage none. Invite it again with the link that makes one.");
  for (auto& role : r.draft.roles) {
    if (!role.existing)
      continue;
    auto at = std::find_if(facts.roles.begin(), facts.roles.end(), [&](auto& x) { return x.id == *role.existing; });
    if (at == facts.roles.end())
      out.push_back(fmt::format("The role chosen for {} is gone. Choose another one under “Roles”.", role.name));
    else if (at->managed)
      out.push_back(fmt::format(
        "The role “{}” belongs to an integration and cannot be given out. Choose another one under “Roles”.",
        at->name));
    else if (at->position >= facts.bot_top_position)
      out.push_back(fmt::format("The role “{}” is not below the bot's own role. Drag the bot's role above it under "
                                "Server Settings → Roles, then check again.",
                                at->name));
  }
}

void look_at_room(const record& r, const guild_facts& facts, std::vector<std::string>& out) {
  const auto new_roles = static_cast<size_t>(
    std::count_if(r.draft.roles.begin(), r.draft.roles.end(), [&](auto& x) { return !x.existing && !known(r, x.id); }));
  auto new_channels = static_cast<size_t>(
    std::count_if(r.draft.channels.begin(), r.draft.channels.end(), [&](auto& x) { return !known(r, x.id); }));
  new_channels += static_cast<size_t>(
    std::count_if(r.draft.categories.begin(), r.draft.categories.end(), [&](auto& x) { return !known(r, x.id); }));
  if (facts.roles.size() + 1 + new_roles > roles_max)
    out.push_back(
      fmt::format("The server has {} roles of at most {} and the plan adds {}. Delete some, or use existing ones.",
                  facts.roles.size() + 1, roles_max, new_roles));
  if (facts.channel_count + new_channels > channels_max)
    out.push_back(fmt::format(
      "The server has {} channels of at most {} and the plan adds {}. Delete some, or choose a smaller template.",
      facts.channel_count, channels_max, new_channels));
}
} // namespace

std::vector<std::string> objections(const record& r, const guild_facts& facts) {
  std::vector<std::string> out;
  look_at_permissions(r, facts, out);
  look_at_roles(r, facts, out);
  look_at_room(r, facts, out);
  return out;
}

std::vector<guild_role> assignable(const guild_facts& facts) {
  auto out = facts.roles;
  std::erase_if(out, [&](auto& r) { return r.managed || r.position >= facts.bot_top_position; });
  return out;
}

} // namespace arrakis::wizard::core
