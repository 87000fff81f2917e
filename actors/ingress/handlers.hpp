#pragma once
// The owners of commands, components and modals as a branch of the supervision tree.
#include "actors/ingress/routes.hpp"
#include "runtime/supervisor.hpp"

#include <vector>

namespace arrakis::ingress {

/// One child for each owner, and the routes to it, which stay valid when the child is started again: an owner that
/// crashes ends its own interactions and those of no other. An owner that needs a service which this process does not
/// provide is left out: a line of the log names it, and whoever uses it is told so. It stays registered at Discord,
/// whose one list of commands is that of all processes: another one may serve it.
struct handlers {
  std::vector<supervisor::child> children;
  route_table routes;
};
/// Starts nothing. The services outlive the children. Throws as route_table::add does.
handlers declare_handlers(caf::actor_system&, const std::vector<const declaration*>&, const services&);

} // namespace arrakis::ingress
