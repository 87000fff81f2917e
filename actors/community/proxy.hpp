#pragma once
#include "actors/community/messages.hpp"

#include <caf/actor.hpp>

namespace arrakis::community {

/// Gives a directory of community actors, keyed by guild, the typed face of `proxy`.
proxy start_proxy(caf::actor_system&, caf::actor directory);

} // namespace arrakis::community
