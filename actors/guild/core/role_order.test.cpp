#include "actors/guild/core/role_order.hpp"

#include "tests/support/fakes/manifest.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
/// Three tiers, and a guild with a role of its own between them and the bot's.
struct fixture {
  manifest want = test::sample_manifest();
  guild::state now;
  blueprint::ids ids{{{"role", "role-gold"}, {11}}, {{"role", "role-silver"}, {12}}, {{"role", "role-bronze"}, {13}}};
  fixture() {
    want.roles.push_back({"role-bronze", "Bronze", 0, true, false, {}, {}, {}});
    now.id = {1};
    now.owner = {7};
    now.bot = {2};
    now.bot_roles = {{3}};
    now.roles = {{.id = {1}, .name = "@everyone"},
                 {.id = {3}, .name = "Arrakis", .position = 9},
                 {.id = {5}, .name = "Own", .position = 4},
                 {.id = {11}, .name = "Gold", .position = 6},
                 {.id = {12}, .name = "Silver", .position = 3},
                 {.id = {13}, .name = "Bronze", .position = 2}};
  }
  guild::role& role(const std::string& name) {
    return *std::find_if(now.roles.begin(), now.roles.end(), [&](const auto& r) { return r.name == name; });
  }
  bool remove(const std::string& name, const std::string& resource) {
    std::erase_if(now.roles, [&](const auto& r) { return r.name == name; });
    ids.erase({"role", resource});
    return is_out_of_order_after_creates(want, ids, now);
  }
  std::string order() const {
    std::string names;
    for (const auto& r : roles_by_position(want, ids, now))
      names += r.name + " ";
    return names;
  }
};
using moves = std::vector<std::pair<snowflake, int>>;
} // namespace

TEST_CASE_FIXTURE(fixture, "role order: roles in the wrong order trade their own places only") {
  CHECK(role_moves(want, ids, now).empty());
  CHECK(order() == "Gold Silver Bronze ");
  std::swap(role("Gold").position, role("Silver").position);
  CHECK(role_moves(want, ids, now) == moves{{{11}, 6}, {{12}, 3}});
  CHECK(order() == "Silver Gold Bronze ");
  role("Gold").position = role("Silver").position;
  CHECK(role_moves(want, ids, now).empty()); // Equal ones cannot be parted without moving others.
}

TEST_CASE_FIXTURE(fixture, "role order: a role above the bot's, and one that the admins chose, are not moved") {
  std::swap(role("Gold").position, role("Silver").position);
  want.roles[0].existing = snowflake{11};
  CHECK(role_moves(want, ids, now).empty());
  CHECK(order() == "Silver Bronze ");
  want.roles[0].existing.reset();
  role("Silver").position = 10;
  CHECK(role_moves(want, ids, now).empty());
}

TEST_CASE_FIXTURE(fixture, "role order: a role that is made again comes to stand at the bottom, which is foreseen") {
  CHECK_FALSE(is_out_of_order_after_creates(want, ids, now));
  CHECK_FALSE(remove("Bronze", "role-bronze"));
  CHECK(remove("Gold", "role-gold"));
  CHECK_FALSE(remove("Silver", "role-silver")); // All are made anew, the best first.
}
