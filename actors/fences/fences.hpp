#pragma once
#include "actors/fences/messages.hpp"
#include "adapters/hints/messages.hpp"

namespace arrakis::fences {
struct options {
  /// Two polls fit into fence_table::max_age, so one slow poll stops nobody.
  std::chrono::milliseconds every{400};
  std::chrono::milliseconds within{800};
  hints::subscriber hints; ///< Each hint on the topic `fences` makes the log be read at once. Empty: the polls alone.
};
/// Polls the log and keeps `table` up to date, which outlives it. Begins with the whole log, also after a crash. A hint
/// that is lost costs the wait for the next poll, and a hint changes nothing by itself.
handle start(caf::actor_system&, fence_log::handle, fence_table& table, options = {});
} // namespace arrakis::fences
