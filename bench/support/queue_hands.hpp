#pragma once
// Those who use a queue in a measurement: one that fills it and one that empties it, as arrakisd would.
#include "adapters/queue/queue.hpp"
#include "adapters/queue/worker.hpp"
#include "adapters/redis/client.hpp"

#include <caf/actor_system.hpp>
#include <vector>

namespace arrakis::bench {

/// Cost of a piece of work.
struct effort {
  double seconds = 0;
  double cpu_us = 0; ///< Of the whole process that did the work.
};

/// How the queue of a measurement is set: as arrakisd's, but for its name and the jobs at once.
queue::options queue_options();

/// Adds `count` jobs without a pause, `bulk` at once on the way. Throws std::runtime_error when one was refused.
effort fill(caf::actor_system&, const redis::link&, size_t count, size_t bulk);

/// Starts a worker for each of `at` with a processor that does nothing, waits until `count` jobs in each were done and
/// recorded, and closes them. The time begins with the start of the workers, once their connections stand.
effort drain(caf::actor_system&, net::io&, const std::vector<redis::options>& at, size_t count);
} // namespace arrakis::bench
