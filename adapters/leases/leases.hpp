#pragma once
#include "adapters/leases/messages.hpp"
#include "adapters/redis/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::leases {
/// One key for each lease, `<name>:lease`, with the holder as its value and its end as its TTL.
handle start(caf::actor_system&, redis::handle);
} // namespace arrakis::leases
