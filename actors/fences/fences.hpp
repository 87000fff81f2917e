#pragma once
#include "actors/fences/messages.hpp"

namespace arrakis::fences {
struct options {
  /// Twice within what board::fresh allows, so that one slow reading stops nobody.
  std::chrono::milliseconds every{400};
  std::chrono::milliseconds within{800};
};
/// Reads the fences from PostgreSQL over and over and keeps `what` up to date, which outlives it.
handle start(caf::actor_system&, communities::handle, board& what, options = {});
} // namespace arrakis::fences
