#pragma once
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>

namespace arrakis::bench {
/// Actors on one thread, so that what is measured is one core's work.
inline caf::actor_system_config threads() {
  caf::actor_system_config made;
  made.set("scheduler.policy", caf::atom("sharing"));
  made.set("scheduler.max-threads", size_t{1});
  made.set("scheduler.max-throughput", size_t{64}); // As arrakisd's.
  return made;
}
} // namespace arrakis::bench
