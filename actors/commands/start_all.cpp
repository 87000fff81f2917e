#include "actors/commands/command.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::commands {
std::vector<interactions::route> start_all(caf::actor_system& sys, const services& to) {
  std::vector<interactions::route> out;
  for (auto* c : all())
    out.push_back({std::string{c->name}, c->member_permissions, c->in_direct_messages, c->start(sys, to)});
  return out;
}
} // namespace arrakis::commands
