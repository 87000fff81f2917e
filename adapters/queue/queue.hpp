#pragma once
// The queue's port for producers and operators.
#include "adapters/queue/messages.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/redis/calls.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::queue {

/// Starts the actor behind the port. Errors besides those of Redis (adapters/redis/messages.hpp):
/// - add: ec::invalid names the field. An id that is known is answered as added, and nothing changes.
/// - get_job, retry, replay: ec::not_found. retry and replay: ec::conflict when the job is in another state.
/// - replay: ec::refused when the job's data was redacted.
/// Throws std::runtime_error for options that cannot work.
handle start_queue(caf::actor_system&, redis::link, options);

} // namespace arrakis::queue
