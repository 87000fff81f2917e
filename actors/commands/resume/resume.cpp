#include "actors/commands/command.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/permissions.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands::resume {
namespace {
interactions::handler::behavior_type answering(interactions::handler::pointer self, wizard::handle wizards) {
  keep_exception_text(self);
  return {[self, wizards](const interactions::question& q) {
    return caf::result<interactions::said>{self->delegate(wizards, wizard::resume{q.what, q.until})};
  }};
}

interactions::handler start(caf::actor_system& sys, const services& to) {
  return registry::spawn(sys, {"command"}, answering, to.wizards);
}
} // namespace

const command& definition() {
  static const command it{"resume",
                          "Go on with the wizard that is open, or see the latest deployment",
                          permissions::administrator,
                          false,
                          {{"session_id", "Only if it is this session", false}},
                          &start};
  return it;
}
} // namespace arrakis::commands::resume
