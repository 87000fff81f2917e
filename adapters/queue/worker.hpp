#pragma once
// Does the jobs of a queue: takes them, keeps their locks, asks the processor, records what it says.
#include "adapters/queue/messages.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/redis/calls.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::queue {

/// Starts a worker, which waits for work on a connection of its own. `to` gets `process` for each job, at most
/// `options.concurrency` at once.
/// - An answer that is an error, and one that does not come within `job_within`, fail the attempt.
/// - A processor that ends fails the attempts in its hands, and the worker closes and ends with an error: whoever
///   supervises both starts them anew.
/// - A job whose lock was lost is somebody else's: its outcome is dropped, logged and counted.
/// - A worker that is killed leaves its jobs to the stalled check of any other.
/// Throws std::runtime_error for options that cannot work.
worker start_worker(caf::actor_system&, redis::link, options, processor to);

} // namespace arrakis::queue
