#include "actors/ingress/handlers.hpp"

#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::ingress {
namespace {
/// Stands in for an owner that is left out.
handler start_refusing(caf::actor_system& sys) {
  const auto body = [](handler::pointer self) -> handler::behavior_type {
    keep_exception_text(self);
    return {[](const request&) -> caf::result<reply> { return not_served_here(); }};
  };
  return registry::spawn(sys, {"left_out"}, body);
}
} // namespace

handlers declare_handlers(caf::actor_system& sys, const std::vector<const declaration*>& owners,
                          const services& available) {
  handlers out;
  for (const auto* owner : owners) {
    const auto router = supervisor::make_router(sys);
    const auto status = std::make_shared<const owner_status>();
    out.routes.add(*owner, supervisor::typed<handler>(router), status);
    out.children.push_back({std::string{owner->name},
                            [&sys, owner, &available, status] {
                              auto started = if_provided("command", owner->name,
                                                         [&] { return owner->start(sys, available); });
                              status->is_left_out = !started;
                              return caf::actor_cast<caf::actor>(started ? *started : start_refusing(sys));
                            },
                            router, owner->supervises});
  }
  return out;
}
} // namespace arrakis::ingress
