#include "actors/guild/core/preflight.hpp"

#include "actors/guild/core/applied.hpp"
#include "actors/guild/core/bot_permissions.hpp"
#include "actors/guild/core/dangerous_permissions.hpp"
#include "runtime/foreign_text.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace arrakis::blueprint {
namespace {
using namespace permissions;
using user_messages = std::vector<std::string>;

// docs/topics/opcodes-and-status-codes: 30005 and 30013.
constexpr size_t roles_max = 250, channels_max = 500;

bool has_channel(const guild::state& g, snowflake id) {
  return std::any_of(g.channels.begin(), g.channels.end(), [&](const guild::channel& c) { return c.id == id; });
}

std::string names_of(uint64_t bits) {
  std::string list;
  for (const auto& [name, bit] : all())
    if (bits & bit)
      list += (list.empty() ? "" : ", ") + std::string{name};
  return list;
}

void check_permissions(user_messages& out, const guild::state& g, const manifest& m) {
  const auto has = bot_permissions(g);
  const auto need = [&](uint64_t bit, const char* label, const char* why) {
    if (!(has & bit))
      out.push_back(fmt::format("Give the bot the permission {} (Server Settings → Roles): {}.", quoted(label), why));
  };
  const bool has_channels = !m.channels.empty() || !m.categories.empty();
  if (!m.roles.empty())
    need(manage_roles, "Manage Roles", "it makes the tiers' roles");
  else if (has_channels)
    need(manage_roles, "Manage Roles", "it sets who may see a channel");
  if (has_channels) {
    need(manage_channels, "Manage Channels", "it makes categories and channels");
    need(view_channel, "View Channels", "it can only change channels that it sees");
  }
  // The author of an overwrite must have the permission itself.
  const auto closes = [&](bool voice) {
    return std::any_of(m.channels.begin(), m.channels.end(), [voice](const manifest_channel& c) {
      return c.read_only && !c.existing && (c.type == "voice") == voice;
    });
  };
  if (closes(false))
    need(send_messages, "Send Messages", "it closes read-only channels for others");
  if (closes(true))
    need(speak, "Speak", "it closes read-only voice channels for others");
}

void check_role(user_messages& out, const guild::state& g, const manifest_role& want, const ids& known) {
  const auto has = bot_permissions(g);
  const auto bits = mask(want.permissions);
  if (!want.existing && bits && dangers_given(g, *bits) != 0)
    out.push_back(
      fmt::format("The role {} is to have {}: no tier may give that, since it can be bought. Take it out of "
                  "the role.",
                  quoted(want.name), dangers_of(dangers_given(g, *bits))));
  if (!want.existing && bits && (*bits & ~has))
    out.push_back(fmt::format("The role {} is to have {}, which the bot itself lacks: give them to the bot, or take "
                              "them out of the role.",
                              quoted(want.name), names_of(*bits & ~has)));
  const auto found = known.find({"role", want.id});
  const auto id = want.existing ? *want.existing : found == known.end() ? snowflake{} : found->second;
  const auto* now = id ? role_with(g, id) : nullptr;
  if (want.existing && !now)
    out.push_back(
      fmt::format("The role that was chosen for {} is not there any more: choose another one.", quoted(want.name)));
  else if (now && now->managed)
    out.push_back(fmt::format("The role {} belongs to an integration, so nobody can give it: choose another one.",
                              quoted(now->name)));
  else if (const auto dangers = now && want.existing ? dangers_given(g, now->permissions) : 0; dangers != 0)
    out.push_back(
      fmt::format("The role {} cannot stand for a tier: it has {}, and a tier can be bought. Take that from "
                  "the role, or choose another one.",
                  quoted(now->name), dangers_of(dangers)));
  else if (now && !below_bot(g, *now))
    out.push_back(fmt::format("Move the bot's role above {} (Server Settings → Roles): it can only change and give "
                              "roles below its own highest one.",
                              quoted(now->name)));
}

std::string own_name(const guild::state& g, const std::string& kind, snowflake id) {
  const auto now = find_actual(g, kind, id);
  return now ? std::visit([](const auto& f) { return f.name; }, *now) : std::string{};
}

int type_of(const manifest& m, const key& of) {
  const auto found = std::ranges::find(m.channels, of.resource, &manifest_channel::id);
  return of.kind == "category" || found == m.channels.end() ? guild::category : channel_type(found->type);
}

/// A category or channel that the admins chose.
void check_chosen(user_messages& out, const guild::state& g, const resource& r, int type) {
  const auto now = find_actual(g, r.key.kind, *r.existing);
  if (!now)
    out.push_back(fmt::format("The {} that was chosen for {} is not there any more: choose another one.", r.key.kind,
                              quoted(r.name)));
  else if (!is_convertible(*now, channel_fields{.type = type}))
    out.push_back(fmt::format("{} cannot stand for {}, which is of another type: choose another {}.",
                              quoted(own_name(g, r.key.kind, *r.existing)), quoted(r.name), r.key.kind));
}

/// The same role or channel for two things of the plan: one that the admins chose, and one that is ours already.
void check_doubles(user_messages& out, const guild::state& g, const manifest& m, const ids& known) {
  std::map<snowflake, std::string> first;
  for (const auto& r : resources(m)) {
    const auto found = known.find(r.key);
    const auto id = r.existing ? *r.existing : found == known.end() ? snowflake{} : found->second;
    const auto name = id ? own_name(g, r.key.kind, id) : std::string{};
    if (name.empty())
      continue;
    if (const auto [other, is_first] = first.emplace(id, r.name); !is_first)
      out.push_back(fmt::format("{} would stand for both {} and {}: choose another one for one of them.", quoted(name),
                                quoted(other->second), quoted(r.name)));
  }
}

void check_limits(user_messages& out, const guild::state& g, const manifest& m, const ids& known) {
  size_t new_roles = 0, new_channels = 0;
  for (const auto& r : resources(m)) {
    const auto found = known.find(r.key);
    if (r.key.kind == "role")
      new_roles += !r.existing && (found == known.end() || !role_with(g, found->second));
    else
      new_channels += !r.existing && (found == known.end() || !has_channel(g, found->second));
  }
  if (g.roles.size() + new_roles > roles_max)
    out.push_back(
      fmt::format("The server has {} roles and would get {} more; Discord allows {}: delete some that nobody "
                  "needs.",
                  g.roles.size(), new_roles, roles_max));
  if (g.channels.size() + new_channels > channels_max)
    out.push_back(fmt::format("The server has {} channels and would get {} more; Discord allows {}: delete some that "
                              "nobody needs.",
                              g.channels.size(), new_channels, channels_max));
}
} // namespace

std::vector<std::string> preflight(const guild::state& g, const manifest& m, const ids& known) {
  user_messages out;
  check_permissions(out, g, m);
  for (const auto& r : m.roles)
    check_role(out, g, r, known);
  for (const auto& r : resources(m))
    if (r.existing && r.key.kind != "role")
      check_chosen(out, g, r, type_of(m, r.key));
  check_doubles(out, g, m, known);
  check_limits(out, g, m, known);
  const bool community = std::any_of(g.features.begin(), g.features.end(),
                                     [](const std::string& f) { return f == "COMMUNITY" || f == "NEWS"; });
  for (const auto& c : m.channels)
    if (!community && !c.existing && (c.type == "announcement" || c.type == "forum"))
      out.push_back(
        fmt::format("The channel {} is of type {}, which needs a Community server (Server Settings → Enable "
                    "Community): enable it, or make it a text channel.",
                    quoted(c.name), c.type));
  return out;
}

} // namespace arrakis::blueprint
