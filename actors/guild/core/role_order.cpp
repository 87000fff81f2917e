#include "actors/guild/core/role_order.hpp"

#include "actors/guild/core/bot_permissions.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace arrakis::blueprint {
namespace {
struct placed_role {
  resource what;
  const guild::role* role;
};

/// Best tier first.
std::vector<placed_role> placed_roles(const manifest& want, const ids& known, const guild::state& now) {
  std::vector<placed_role> out;
  for (const auto& r : resources(want)) {
    const auto found = known.find(r.key);
    if (r.key.kind != "role" || r.existing || found == known.end())
      continue;
    for (const auto& role : now.roles)
      if (role.id == found->second && below_bot(now, role))
        out.push_back({r, &role});
  }
  return out;
}
} // namespace

std::vector<resource> roles_by_position(const manifest& want, const ids& known, const guild::state& now) {
  auto placed = placed_roles(want, known, now);
  std::ranges::stable_sort(placed, std::greater{}, [](const placed_role& p) { return p.role->position; });
  std::vector<resource> out;
  for (auto& p : placed)
    out.push_back(std::move(p.what));
  return out;
}

std::vector<std::pair<snowflake, int>> role_moves(const manifest& want, const ids& known, const guild::state& now) {
  const auto placed = placed_roles(want, known, now);
  std::vector<int> places;
  for (const auto& p : placed)
    places.push_back(p.role->position);
  std::sort(places.rbegin(), places.rend());
  if (std::adjacent_find(places.begin(), places.end()) != places.end())
    return {}; // Equal positions: Discord orders them by age, and parting them would move others.
  std::vector<std::pair<snowflake, int>> moves;
  for (size_t i = 0; i < placed.size(); ++i)
    if (placed[i].role->position != places[i])
      moves.emplace_back(placed[i].role->id, places[i]);
  return moves;
}

bool is_out_of_order_after_creates(const manifest& want, ids known, guild::state now) {
  uint64_t next = std::numeric_limits<uint64_t>::max(); // No snowflake of Discord.
  for (const auto& r : resources(want)) {
    if (r.key.kind != "role" || r.existing || known.contains(r.key))
      continue;
    for (auto& other : now.roles)
      other.position += other.position >= 1; // Position 0 is @everyone's.
    now.roles.push_back({.id = {next}, .name = r.name, .position = 1});
    known[r.key] = {next--};
  }
  return !role_moves(want, known, now).empty();
}

} // namespace arrakis::blueprint
