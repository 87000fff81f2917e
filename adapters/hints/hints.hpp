#pragma once
#include "adapters/hints/messages.hpp"
#include "adapters/redis/link.hpp"

namespace arrakis::hints {
/// Over Redis' publish and subscribe, in the channel `hints:<topic>`.
/// https://redis.io/docs/latest/develop/interact/pubsub/
publisher make_publisher(redis::link);
/// Each subscription has a connection of its own.
subscriber make_subscriber(redis::link);
} // namespace arrakis::hints
