#include "actors/wizard/core/review.hpp"

#include "actors/wizard/core/walk.test.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// An admin at the review of version 1, which is what `made` was when it was deployed.
struct second_version {
  manifest active;
  blueprint::ids deployed;
  walk w;
  second_version() {
    walk made;
    made.to(step::role_mapping);
    made.click("role-gold", {"100000000000000002"});
    made.to(step::review);
    active = build_manifest(made.r.draft);
    w.r = editing(fresh(std::string(32, 'a'), snowflake{1}, snowflake{2}, snowflake{3}, 0), active, 1);
    w.r.version = 1;
    // The resources of version 1 are in the guild.
    for (const auto& r : active.roles)
      if (!r.existing) {
        w.facts.roles.push_back(role(100000000000000050 + w.facts.roles.size(), r.name, 2));
        deployed[{"role", r.id}] = w.facts.roles.back().id;
      }
    for (const auto& c : active.categories) {
      deployed[{"category", c.id}] = snowflake{70 + w.facts.channels.size()};
      w.facts.channels.push_back({snowflake{70 + w.facts.channels.size()}, guild::category, c.name, "", {}, 0, {}});
    }
    for (const auto& c : active.channels) {
      deployed[{"channel", c.id}] = snowflake{70 + w.facts.channels.size()};
      w.facts.channels.push_back({snowflake{70 + w.facts.channels.size()},
                                  c.type == "voice" ? guild::voice : guild::text,
                                  c.name,
                                  "",
                                  {},
                                  0,
                                  {}});
    }
  }
  context seen() {
    auto at = w.seen();
    at.active = &active;
    at.deployed = &deployed;
    at.active_version = 1;
    return at;
  }
  std::string changes() { return change_lines(w.r, seen()); }
};
} // namespace

TEST_CASE("wizard review: a first plan says what is new, which role of the server is used, and what is there twice") {
  walk w;
  w.to(step::role_mapping);
  w.click("role-gold", {"100000000000000002"});
  w.to(step::review);
  auto changes = change_lines(w.r, w.seen());
  CHECK(has(changes, "+2 roles, +2 categories, +5 channels, +1 mapping to a role of yours."));
  CHECK_FALSE(has(changes, "second")); // Negative control: the guild has none of these names.
  CHECK_FALSE(has(changes, "tier"));
  w.facts.channels.push_back({snowflake{70}, guild::text, "general", "", {}, 0, {}});
  w.facts.channels.push_back({snowflake{71}, guild::voice, "announcements", "", {}, 0, {}}); // Another kind.
  w.facts.roles.push_back(role(100000000000000060, "Silver", 2));
  changes = change_lines(w.r, w.seen());
  CHECK(has(changes, "⚠️ a second #general"));
  CHECK(has(changes, "⚠️ a second role “Silver”"));
  CHECK_FALSE(has(changes, "second #announcements"));
  w.facts.channels.push_back({snowflake{72}, guild::text, "general", "", {}, 0, {}});
  CHECK(has(change_lines(w.r, w.seen()), "⚠️ another #general"));
  CHECK(has(screen(w.r, w.seen()), "+2 roles"));
}

TEST_CASE("wizard review: a later plan is compared with the active version, whose roles are not called new") {
  second_version v;
  CHECK(v.changes() == "Nothing in your server changes.");
  CHECK_FALSE(has(screen(v.w.r, v.seen()), "new role"));
  v.w.r.draft.roles[1].name = "Argent";
  v.w.r.draft.roles[2].color = 7;
  v.w.r.draft.tiers[1].name = "Argent";
  CHECK(has(v.changes(), "1 role renamed, 1 role changed, 1 tier renamed."));
  v.w.r.draft.channels.pop_back();
  CHECK(has(v.changes(), "−1 channel, 1 tier renamed. What leaves the plan (−) stays in your server."));
  create_all_roles(v.w.r.draft);
  CHECK(has(v.changes(), "+1 role, "));
  CHECK(has(v.changes(), "−1 mapping,"));
}

TEST_CASE("wizard review: a new name that the server has already, and what it has no more, are said") {
  second_version v;
  v.w.r.draft.roles[1].name = "Guest"; // A role of the admin's own.
  CHECK(has(v.changes(), "⚠️ a second role “Guest”"));
  std::erase_if(v.w.facts.channels, [](auto& c) { return c.name == "general"; });
  CHECK(has(v.changes(), "⚠️ #general is not in your server any more: Deploy makes it again"));
  std::erase_if(v.w.r.draft.channels, [](auto& c) { return c.name == "general"; });
  CHECK_FALSE(has(v.changes(), "Deploy makes it again")); // The resource left the plan.
}

TEST_CASE("wizard review: where the active version cannot be read, it says what it does not count") {
  second_version v;
  v.w.r.draft.roles[1].name = "Argent";
  v.w.r.draft.channels.pop_back();
  const auto changes = change_lines(v.w.r, v.w.seen());
  CHECK(has(changes, "−1 channel or role."));
  CHECK(has(changes, "Version 1 could not be read just now"));
  CHECK_FALSE(has(changes, "renamed."));
  CHECK_FALSE(has(v.changes(), "could not be read")); // Negative control.
}

TEST_CASE("wizard review: what a member of each tier will see, beyond what everybody sees") {
  walk w;
  w.to(step::review);
  const auto lines = member_lines(w.r.draft);
  CHECK(has(lines, "Everybody: #announcements (read only), #general"));
  CHECK(has(lines, "**Gold**: also #vip-chat"));
  CHECK(has(lines, "**Bronze**: nothing more"));
  CHECK(has(screen(w.r, w.seen()), "What members see"));
  // A channel without tiers of its own has those of its category.
  for (auto& c : w.r.draft.channels)
    c.access_tiers.clear();
  CHECK(has(member_lines(w.r.draft), "**Gold**: also #vip-chat"));
  for (auto& c : w.r.draft.categories)
    c.access_tiers.clear();
  CHECK_FALSE(has(member_lines(w.r.draft), "also")); // Negative control.
  w.r.draft.channels.clear();
  CHECK(has(member_lines(w.r.draft), "changes none of them"));
}

TEST_CASE("wizard review: a stranger's role of the same name is existing, and neither counted nor renamed as ours") {
  second_version v;
  auto& roles = v.w.facts.roles;
  const auto ours = v.deployed.at({"role", "role-silver"});
  roles.push_back(role(100000000000000099, "Silver", 3)); // A stranger's, which stands above ours.
  roles.back().permissions = permissions::manage_guild;
  CHECK(v.changes() == "Nothing in your server changes.");
  CHECK_FALSE(has(screen(v.w.r, v.seen()), "new role “Silver”"));
  CHECK_FALSE(has(screen(v.w.r, v.seen()), "somebody gave it"));
  CHECK(own_resources(v.w.r, v.w.facts, v.deployed).at({"role", "role-silver"}) == ours);
  v.w.r.draft.roles[1].name = "Argent"; // Ours is renamed, and the stranger's is none of “Argent”.
  CHECK_FALSE(has(v.changes(), "second role"));
  v.w.r.draft.roles[1].name = "Silver";
  std::erase_if(roles, [&](const auto& r) { return r.id == ours; });
  CHECK(has(v.changes(), "⚠️ a second role “Silver”"));
  CHECK(has(v.changes(), "role “Silver” is not in your server any more: Deploy makes it again"));
  CHECK_FALSE(own_resources(v.w.r, v.w.facts, v.deployed).contains({"role", "role-silver"}));
  v.deployed[{"role", "role-silver"}] = snowflake{100000000000000099}; // Negative control: were it ours.
  CHECK(v.changes() == "Nothing in your server changes.");
  CHECK(has(screen(v.w.r, v.seen()), "somebody gave it"));
}

TEST_CASE("wizard review: a stranger's channel of the same name is existing as well") {
  second_version v;
  v.w.facts.channels.push_back({snowflake{99}, guild::text, "general", "", {}, 0, {}});
  CHECK(v.changes() == "Nothing in your server changes.");
  std::erase_if(v.w.facts.channels, [&](const auto& c) { return c.id == v.deployed.at({"channel", "ch-general"}); });
  CHECK(has(v.changes(), "⚠️ #general is not in your server any more: Deploy makes it again"));
  CHECK(has(v.changes(), "⚠️ a second #general"));
}

TEST_CASE("wizard review: while it cannot be read what was deployed, nothing is deployed, and the review says so") {
  second_version v;
  auto seen = v.seen();
  CHECK_FALSE(has(screen(v.w.r, seen), "could not be read just now")); // Negative control.
  seen.deployed = nullptr;
  CHECK(has(screen(v.w.r, seen), "could not be read just now"));
  CHECK(apply(v.w.r, {event::click, v.w.r.id, "deploy", {}, v.w.r.version, {}, {}}, seen).what == decision::refuse);
}
