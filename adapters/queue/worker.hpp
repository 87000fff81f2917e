#pragma once
// BullMQ's Worker: takes jobs, renews their locks, asks the processor, records the outcome.
#include "adapters/queue/messages.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/redis/calls.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::queue {

/// Starts a worker, which waits for jobs on its own connection. `to` gets `process` for each job, at most
/// `options.concurrency` at once.
/// - An error as answer, or no answer within `job_within`, fails the attempt.
/// - A processor that ends fails its active attempts, and the worker closes and ends with an error; their supervisor
///   restarts both.
/// - A job whose lock was lost belongs to another worker: its outcome is dropped, logged and counted.
/// - The stalled check of any other worker recovers the jobs of a killed one.
/// Throws std::runtime_error for options that cannot work.
worker start_worker(caf::actor_system&, redis::link, options, processor to);

} // namespace arrakis::queue
