#pragma once
// The commands as a branch of the supervision tree.
#include "actors/commands/command.hpp"
#include "runtime/supervisor.hpp"

namespace arrakis::commands {

/// One child for each command, and the route to it, which stays valid when the child is started again: a command that
/// crashes ends its own interactions and those of no other.
struct supervised {
  std::vector<supervisor::child> children;
  std::vector<interactions::route> routes;
};
supervised supervise(caf::actor_system&, const services&);

} // namespace arrakis::commands
