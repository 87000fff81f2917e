#include "actors/ingress/handlers.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_actor.hpp>

namespace arrakis::ingress {
handlers declare_handlers(caf::actor_system& sys, const std::vector<const declaration*>& owners,
                          const services& available) {
  handlers out;
  for (const auto* owner : owners) {
    const auto router = supervisor::make_router(sys);
    out.routes.add(*owner, supervisor::typed<handler>(router));
    out.children.push_back(
      {std::string{owner->name},
       [&sys, owner, &available] { return caf::actor_cast<caf::actor>(owner->start(sys, available)); }, router,
       owner->supervises});
  }
  return out;
}
} // namespace arrakis::ingress
