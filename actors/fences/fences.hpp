#pragma once
#include "actors/fences/messages.hpp"

namespace arrakis::fences {
struct options {
  /// Two polls fit into fence_table::max_age, so one slow poll stops nobody.
  std::chrono::milliseconds every{400};
  std::chrono::milliseconds within{800};
};
/// Polls the log and keeps `table` up to date, which outlives it. Begins with the whole log, also after a crash.
handle start(caf::actor_system&, fence_log::handle, fence_table& table, options = {});
} // namespace arrakis::fences
