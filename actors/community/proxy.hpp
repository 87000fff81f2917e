#pragma once
#include "actors/community/messages.hpp"

#include <caf/actor.hpp>

namespace arrakis::community {

/// Wraps a directory of community actors, keyed by guild, in the typed handle `proxy`.
proxy start_proxy(caf::actor_system&, caf::actor directory);

} // namespace arrakis::community
