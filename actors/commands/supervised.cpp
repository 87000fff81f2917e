#include "actors/commands/supervised.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_actor.hpp>

namespace arrakis::commands {
supervised supervise(caf::actor_system& sys, const services& to) {
  supervised out;
  for (const auto* c : all()) {
    const auto router = supervisor::make_router(sys);
    out.routes.push_back({std::string{c->name}, c->member_permissions, c->in_direct_messages,
                          supervisor::typed<interactions::handler>(router)});
    out.children.push_back(
      {std::string{c->name}, [&sys, c, to] { return caf::actor_cast<caf::actor>(c->start(sys, to)); }, router});
  }
  return out;
}
} // namespace arrakis::commands
