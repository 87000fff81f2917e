// The permissions of the invite link, judged by what the wizard's own plans need.
#include "actors/guild/core/invite.hpp"

#include "actors/guild/core/blueprint.hpp"
#include "actors/guild/core/preflight.hpp"
#include "actors/wizard/core/walk.test.hpp"

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
/// The sentences of preflight in a guild whose bot has these permissions, over all templates and kinds of channel.
std::string asked_for(uint64_t permissions) {
  auto facts = good_facts();
  facts.roles[1].permissions = permissions;
  std::string said;
  for (const auto& tiers : everything().tiers)
    for (const auto& channels : everything().channels) {
      draft d;
      d.name = "Dune Traders";
      choose_tiers(d, tiers);
      choose_channels(d, channels);
      auto plan = build_manifest(d);
      plan.channels.push_back({.id = "stage", .name = "speeches", .type = "voice", .read_only = true});
      for (const auto& sentence : blueprint::preflight(facts, plan, {}))
        said += sentence + "\n";
    }
  return said;
}
} // namespace

TEST_CASE("invite: the permissions of the link suffice for every template, and each of them is needed") {
  CHECK(asked_for(invited_permissions) == "");
  CHECK((invited_permissions & permissions::administrator) == 0);
  for (const auto& [name, bit] : permissions::all())
    if ((invited_permissions & bit)
        && bit != permissions::view_audit_log) { // The audit log is read only after a crash.
      CAPTURE(name);
      CHECK(asked_for(invited_permissions & ~bit) != "");
    }
}

TEST_CASE("invite: the link names the application, both scopes and the permissions") {
  CHECK(invite_link(snowflake{1400000000000000001})
        == "https://discord.com/oauth2/authorize?client_id=1400000000000000001&scope=bot%20applications.commands"
           "&permissions=270535824");
}
