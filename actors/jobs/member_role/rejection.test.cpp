#include "actors/jobs/member_role/rejection.hpp"

#include "schemas/permissions.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::jobs::member_role;

namespace {
struct fixture {
  guild::state g;
  fixture() {
    g.id = {1};
    g.owner = {5};
    g.bot = {2};
    g.bot_roles = {{3}};
    g.roles = {{{1}, "@everyone", 0, false, false, false, 0, permissions::mention_everyone},
               {{3}, "Arrakis", 0, false, false, true, 2, permissions::manage_roles},
               {{11}, "Gold", 0, false, false, false, 1, permissions::view_channel}};
  }
  guild::role& gold() { return g.roles[2]; }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "member role: @everyone, managed and dangerous roles are rejected, others are not") {
  CHECK_FALSE(rejection(g, gold()));
  CHECK(rejection(g, g.roles[0])->find("@everyone") != std::string::npos);
  CHECK(rejection(g, g.roles[1])->find("“Arrakis” belongs to a bot") != std::string::npos);
  gold().permissions = permissions::mention_everyone; // Everyone has it anyway.
  CHECK_FALSE(rejection(g, gold()));
  gold().permissions = permissions::manage_guild;
  CHECK(rejection(g, gold())->find("“Gold” has Manage Server (its holders can rename") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "member role: Discord's refusal is explained by permission and position") {
  CHECK(refusal_sentence(g, gold()).find("Discord refused, although") != std::string::npos);
  gold().position = 3;
  CHECK(refusal_sentence(g, gold()).find("its role must stand above “Gold”") != std::string::npos);
  g.roles[1].permissions = 0;
  CHECK(refusal_sentence(g, gold()).find("it lacks Manage Roles") != std::string::npos);
}
