#pragma once
// The owners of commands, components and modals as a branch of the supervision tree.
#include "actors/ingress/routes.hpp"
#include "runtime/supervisor.hpp"

#include <vector>

namespace arrakis::ingress {

/// One child for each owner, and the routes to it, which stay valid when the child is started again: an owner that
/// crashes ends its own interactions and those of no other.
struct handlers {
  std::vector<supervisor::child> children;
  route_table routes;
};
/// Starts nothing. The services outlive the children. Throws as route_table::add does.
handlers declare_handlers(caf::actor_system&, const std::vector<const declaration*>&, const services&);

} // namespace arrakis::ingress
