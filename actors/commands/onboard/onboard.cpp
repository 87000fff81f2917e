#include "actors/commands/command.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/permissions.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands::onboard {
namespace {
interactions::handler::behavior_type answering(interactions::handler::pointer self, wizard::handle wizards) {
  keep_exception_text(self);
  return {[self, wizards](const interactions::question& q) {
    return caf::result<interactions::said>{self->delegate(wizards, wizard::open{q.what, q.until})};
  }};
}

interactions::handler start(caf::actor_system& sys, const services& to) {
  return registry::spawn(sys, {"command"}, answering, to.wizards);
}
} // namespace

const command& definition() {
  static const command it{"onboard", "Set up your community, or change it", permissions::administrator, false, {},
                          &start};
  return it;
}
} // namespace arrakis::commands::onboard
