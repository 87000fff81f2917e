#pragma once
// Asks every dependency for its state, for /health.
#include "actors/fences/messages.hpp"
#include "actors/readiness/messages.hpp"
#include "adapters/discord/shards/messages.hpp"
#include "adapters/postgres/messages.hpp"
#include "adapters/signer/messages.hpp"
#include "runtime/registry/registry.hpp"

#include <atomic>
#include <caf/fwd.hpp>
#include <functional>

namespace arrakis::readiness {

/// State of the connection to a server.
struct link_status {
  bool ready = false;
  std::string detail;
};

/// Dependencies to check.
struct ports {
  postgres::handle pool;
  postgres::handle relay_pool; ///< Invalid where this process runs no worker.
  std::function<link_status()> cache;
  std::function<link_status()> queue;
  signer::handle signer;
  fences::handle fences;
  const fences::fence_table& fence_table;
  discord::shards::handle shards; ///< Invalid where this process runs no bot.
  bool has_token = false;         ///< Since the start.
  const std::atomic<bool>& token_refused;
  registry::tree_node tree; ///< The tree whose declared children have to run.
};

/// Dependency "actors": ready while every declared child of the tree runs; false for a branch that gave up or a child
/// that awaits its restart. Actors that a directory, pool or queue starts by key (tenants, sessions, jobs) do not
/// count, so one tenant that keeps crashing takes no node out of service.
dependency of_tree(registry::tree_node tree);

/// Starts the actor. It answers within 2 s with database, redis, queue, vault (the signer), fences, discord and actors
/// (of_tree). PostgreSQL and Redis are ready only while they accept writes. Without a bot token discord is not ready
/// and not needed. Concurrent requests share one answer, so that anyone may poll it while database, signer and shards
/// get one question at a time.
handle start(caf::actor_system&, ports);

} // namespace arrakis::readiness
