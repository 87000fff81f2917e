#pragma once
// Asks every dependency how it is, for /health.
#include "actors/fences/messages.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/redis/client.hpp"
#include "adapters/signer/messages.hpp"
#include "apps/arrakisd/door.hpp"
#include "apps/arrakisd/shards.hpp"

namespace arrakis::readiness {

struct ports {
  postgres::handle pool;
  postgres::handle relay_pool; ///< Invalid where this process runs no worker.
  const redis::client& cache;
  const redis::client& queue;
  signer::handle signer;
  fences::handle fences;
  const fences::board& board;
  shards::handle shards; ///< Invalid where this process runs no bot.
};
/// `done` gets database, redis, queue, vault (the signer), fences, and discord where a bot runs; within 2 s. A database
/// or a Redis is ready only while it takes writes.
void ask(caf::actor_system&, ports, std::function<void(std::vector<door::dependency>)> done);

} // namespace arrakis::readiness
