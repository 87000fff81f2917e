#include "actors/ingress/declaration.hpp"
#include "actors/wizard/core/modals.hpp"
#include "actors/wizard/wizard.hpp"

namespace arrakis::wizard {
namespace {
ingress::handler start_from(caf::actor_system& sys, const services& from) {
  return start(sys,
               {from.get<redis::handle>(), from.get<chain::handle>(), from.get<guild::handle>(),
                from.get<community::proxy>(), from.get<drafts::handle>(), from.get<manifests::handle>()},
               from.get<options>());
}
} // namespace

/// Messages of earlier versions carry these prefixes, too, so none of them is ever given up.
const ingress::declaration& definition() {
  using ingress::permission;
  constexpr auto administrator = permission::administrator();
  static const ingress::declaration it{
    .name = "wizard",
    .commands = {{.name = "onboard", .description = "Set up your community, or change it", .needs = administrator},
                 {.name = "resume",
                  .description = "Go on with the wizard that is open, or see the latest deployment",
                  .needs = administrator,
                  .options = {{.name = "session_id", .description = "Only if it is this session"}}},
                 {.name = "rules",
                  .description = "See and change the rules: who gets which role, and who is admitted to the tiers",
                  .needs = administrator}},
    .components = {{.prefix = "wizard", .needs = administrator, .modal = &core::modal_for},
                   {.prefix = "deployment:retry", .needs = administrator},
                   {.prefix = "deployment:progress", .needs = administrator}},
    .modals = {{.prefix = "community-name", .needs = administrator},
               {.prefix = "asset-address", .needs = administrator},
               {.prefix = "asset-decimals", .needs = administrator},
               {.prefix = "tier-add", .needs = administrator},
               {.prefix = "tier-edit", .needs = administrator},
               {.prefix = "rule-add", .needs = administrator},
               {.prefix = "rule-edit", .needs = administrator}},
    .start = &start_from,
    .supervises = {true, "one_for_one", 5, 60, "sessions: one per user and guild, quarantined alone"}};
  return it;
}
} // namespace arrakis::wizard
