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
using done = std::function<void(std::vector<door::dependency>)>;

/// Who asks while an answer of `ask` is on its way shares it: anybody may ask for readiness, and however many do, one
/// question at a time reaches the database, the signer's keys and the shards. An answer that never comes is nobody's;
/// the next one asks anew. Thread-safe.
std::function<void(done)> shared(std::function<void(done)> ask);

/// `done` gets database, redis, queue, vault (the signer), fences and discord; within 2 s. A database or a Redis is
/// ready only while it takes writes. Without a bot token discord is not ready and not needed.
void ask(caf::actor_system&, ports, done);

} // namespace arrakis::readiness
