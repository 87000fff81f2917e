#include "actors/wizard/ports.hpp"

#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace arrakis::wizard {
namespace {
template <class Answer, class Message>
caf::result<Answer> pass(communities_door::pointer self, const caf::actor& to, const Message& what) {
  self->delegate(to, directory::to(what.guild.text(), Message{what}));
  return caf::delegated<Answer>{};
}

communities_door::behavior_type passing(communities_door::pointer self, caf::actor to) {
  keep_exception_text(self);
  return {
    [self, to](const community::describe& x) { return pass<community::described>(self, to, x); },
    [self, to](const community::deploy& x) { return pass<community::deployed>(self, to, x); },
    [self, to](const community::latest& x) { return pass<deployments::status_of>(self, to, x); },
    [self, to](const community::retry& x) { return pass<community::deployed>(self, to, x); },
  };
}
} // namespace

communities_door start_door(caf::actor_system& sys, caf::actor directory) {
  return registry::spawn(sys, {"community_door"}, passing, std::move(directory));
}
} // namespace arrakis::wizard
