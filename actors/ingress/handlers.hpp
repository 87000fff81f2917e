#pragma once
// The owners of commands, components and modals as a branch of the supervision tree.
#include "actors/ingress/routes.hpp"
#include "runtime/supervisor.hpp"

#include <vector>

namespace arrakis::ingress {

/// Children that handle interactions, one per owner, and the routes to them, which stay valid across restarts: a crash
/// of one owner ends only its own interactions. An owner that needs a service which this process lacks is left out: a
/// log line names it and its users get a sentence. Its commands stay registered at Discord, because all processes share
/// one list and another process may serve it.
struct handlers {
  std::vector<supervisor::child> children;
  route_table routes;
};
/// Declares children and routes; starts nothing. The services outlive them. Throws as route_table::add.
handlers declare_handlers(caf::actor_system&, const std::vector<const declaration*>&, const services&);

} // namespace arrakis::ingress
