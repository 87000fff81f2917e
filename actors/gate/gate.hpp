#pragma once
#include "actors/fences/messages.hpp"
#include "actors/gate/messages.hpp"

namespace arrakis::gate {
/// Starts the gate. `fences` outlives the gate and every call that it let through.
handle start(caf::actor_system&, discord::rest, deployments::handle, fences::fence_table& fences);
} // namespace arrakis::gate
