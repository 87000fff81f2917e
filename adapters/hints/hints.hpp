#pragma once
#include "adapters/hints/messages.hpp"
#include "adapters/redis/link.hpp"

namespace arrakis::hints {
/// Over Redis' publish and subscribe, in the channel `hints:<topic>`.
/// https://redis.io/docs/latest/develop/interact/pubsub/
give giver(redis::link);
/// Each subscription has a connection of its own.
follow follower(redis::link);
} // namespace arrakis::hints
