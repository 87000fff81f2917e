#pragma once
#include "adapters/hints/messages.hpp"
#include "adapters/redis/link.hpp"

namespace arrakis::hints {
/// Publishes over Redis, in the channel `hints:<topic>`.
/// https://redis.io/docs/latest/develop/interact/pubsub/
publisher make_publisher(redis::link);
/// Subscribes over Redis; each subscription has its own connection.
subscriber make_subscriber(redis::link);
} // namespace arrakis::hints
