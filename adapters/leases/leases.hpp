#pragma once
#include "adapters/leases/messages.hpp"
#include "adapters/redis/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::leases {
/// Starts the actor. Each lease is one key, `<name>:lease`: its value is the holder, its TTL the remaining time.
handle start(caf::actor_system&, redis::handle);
} // namespace arrakis::leases
