#pragma once
// Asks every dependency how it is, for /health.
#include "actors/fences/messages.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/redis/client.hpp"
#include "adapters/signer/messages.hpp"
#include "apps/arrakisd/door.hpp"
#include "apps/arrakisd/shards.hpp"

#include <atomic>

namespace arrakis::readiness {

struct ports {
  postgres::handle pool;
  postgres::handle relay_pool; ///< Invalid where this process runs no worker.
  const redis::client& cache;
  const redis::client& queue;
  signer::handle signer;
  fences::handle fences;
  const fences::board& board;
  shards::handle shards;  ///< Invalid where this process runs no bot.
  bool has_token = false; ///< Since the start.
  const std::atomic<bool>& token_refused;
};
/// `done` gets database, redis, queue, vault (the signer), fences and discord; within 2 s. A database
/// or a Redis is ready only while it takes writes. Without a bot token discord is not ready and not needed.
void ask(caf::actor_system&, ports, std::function<void(std::vector<door::dependency>)> done);

} // namespace arrakis::readiness
