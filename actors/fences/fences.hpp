#pragma once
#include "actors/fences/messages.hpp"
#include "adapters/hints/messages.hpp"

namespace arrakis::fences {
/// Tunables of the fences actor.
struct options {
  /// Two polls fit into fence_table::max_age, so one slow poll stops nobody.
  std::chrono::milliseconds every{400};
  std::chrono::milliseconds within{800};
  hints::subscriber hints; ///< Each hint on the topic `fences` makes the log be read at once. Empty: the polls alone.
};
/// Starts the actor that polls the log and updates `table`, which outlives it. It begins with the whole log, also after
/// a crash. A lost hint delays a change until the next poll.
handle start(caf::actor_system&, fence_log::handle, fence_table& table, options = {});
} // namespace arrakis::fences
