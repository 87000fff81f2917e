#pragma once
// Producer and worker of a measured queue, as in arrakisd.
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

/// Options of a measured queue: those of arrakisd except name and concurrency.
queue::options queue_options();

/// Adds `count` jobs without a pause, with `bulk` outstanding calls. Throws std::runtime_error if one is refused.
effort fill(caf::actor_system&, const redis::link&, size_t count, size_t bulk);

/// Starts a worker for each of `at` with a processor that does nothing, waits until `count` jobs in each were done and
/// recorded, and closes them. The time begins with the start of the workers, once their connections stand.
effort drain(caf::actor_system&, net::io&, const std::vector<redis::options>& at, size_t count);
} // namespace arrakis::bench
