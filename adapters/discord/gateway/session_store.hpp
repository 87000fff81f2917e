#pragma once
// The sessions of shards in Redis, where another process finds them.
#include "adapters/discord/gateway/ports.hpp"
#include "adapters/redis/messages.hpp"

#include <caf/fwd.hpp>

namespace arrakis::discord::gateway {
/// Discord forgets a dropped session after some minutes; a key that outlives it only costs one failed resume.
constexpr std::chrono::seconds session_ttl{300};
/// Key `discord:shard:{id}:session` (the braces mark the place of the number), JSON, with `session_ttl`.
session_store start_redis_session_store(caf::actor_system&, redis::handle);
} // namespace arrakis::discord::gateway
