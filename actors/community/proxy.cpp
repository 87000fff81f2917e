#include "actors/community/proxy.hpp"

#include "runtime/directory.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace arrakis::community {
namespace {
template <class Answer, class Message>
caf::result<Answer> pass(proxy::pointer self, const caf::actor& to, const Message& what) {
  self->delegate(to, directory::to(what.guild.text(), Message{what}));
  return caf::delegated<Answer>{};
}

proxy::behavior_type passing(proxy::pointer self, caf::actor to) {
  keep_exception_text(self);
  return {
    [self, to](const describe& x) { return pass<described>(self, to, x); },
    [self, to](const deploy& x) { return pass<deployed>(self, to, x); },
    [self, to](const latest& x) { return pass<deployments::status_of>(self, to, x); },
    [self, to](const follow& x) { return pass<deployments::followed>(self, to, x); },
    [self, to](const retry& x) { return pass<deployed>(self, to, x); },
  };
}
} // namespace

proxy start_proxy(caf::actor_system& sys, caf::actor directory) {
  return registry::spawn(sys, {"community_proxy"}, passing, std::move(directory));
}
} // namespace arrakis::community
