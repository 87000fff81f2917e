#include "actors/wizard/core/facts.hpp"

#include "actors/guild/core/bot_permissions.hpp"
#include "actors/guild/core/dangerous_permissions.hpp"
#include "actors/guild/core/preflight.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace arrakis::wizard::core {
blueprint::ids own_resources(const record& r, const guild::state& now, const blueprint::ids& deployed) {
  std::set<snowflake> there;
  for (const auto& role : now.roles)
    there.insert(role.id);
  for (const auto& channel : now.channels)
    there.insert(channel.id);
  blueprint::ids out;
  for (const auto& x : blueprint::resources(build_manifest(r.draft))) {
    const auto made = deployed.find(x.key);
    if (!x.existing && made != deployed.end() && there.contains(made->second))
      out.insert(*made);
  }
  return out;
}

std::vector<std::string> objections(const record& r, const guild::state& now, const blueprint::ids& deployed) {
  return blueprint::preflight(now, build_manifest(r.draft), own_resources(r, now, deployed));
}

namespace {
std::vector<guild::role> below_bot(const guild::state& now, bool dangerous) {
  auto out = now.roles;
  std::erase_if(out, [&](auto& r) {
    const bool has_danger = permissions::dangers_given(now, r.permissions) != 0;
    return r.id == now.id || r.managed || !blueprint::below_bot(now, r) || has_danger != dangerous;
  });
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) {
    return std::tuple{-a.position, a.id} < std::tuple{-b.position, b.id};
  });
  return out;
}
} // namespace

bool has_equal_names(const std::vector<guild::role>& roles) {
  std::set<std::string_view> names;
  return !std::ranges::all_of(roles, [&](const auto& r) { return names.insert(r.name).second; });
}

std::string describe(const guild::role& role, const guild::state& now) {
  if (std::ranges::count(now.roles, role.name, &guild::role::name) < 2)
    return {};
  const auto above = std::ranges::count_if(now.roles, [&](const auto& other) {
    return std::tuple{-other.position, other.id} < std::tuple{-role.position, role.id};
  });
  auto out = fmt::format("Place {} from the top · {}", above + 1,
                         role.color == 0 ? "no colour" : fmt::format("#{:06X}", role.color));
  const auto members = now.role_members.find(role.id);
  if (members != now.role_members.end())
    out += fmt::format(" · {} {}", members->second, members->second == 1 ? "member" : "members");
  return out;
}

std::vector<guild::role> assignable(const guild::state& now) { return below_bot(now, false); }
std::vector<guild::role> withheld(const guild::state& now) { return below_bot(now, true); }

std::vector<std::string> gained_dangers(const record& r, const guild::state& now, const blueprint::ids& deployed) {
  std::vector<std::string> out;
  for (const auto& [key, id] : own_resources(r, now, deployed))
    for (const auto& role : now.roles)
      if (const auto dangers = permissions::dangers_given(now, role.permissions);
          key.kind == "role" && role.id == id && dangers != 0)
        out.push_back(
          fmt::format("The role {} stands for a tier, and somebody gave it {}. A tier can be bought: Deploy "
                      "takes that away.",
                      quoted(role.name), permissions::dangers_of(dangers)));
  return out;
}

} // namespace arrakis::wizard::core
