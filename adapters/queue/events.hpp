#pragma once
// The queue's events (BullMQ's QueueEvents): what happened to its jobs, whoever did it.
#include "adapters/queue/options.hpp"
#include "adapters/redis/calls.hpp"
#include "runtime/message.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <string>
#include <utility>
#include <vector>

namespace arrakis::queue {

/// An entry of the stream: `event` (added, waiting, active, delayed, progress, completed, failed, retries-exhausted,
/// stalled, removed, duplicated, deduplicated, waiting-children, paused, resumed, drained, cleaned) and its fields.
struct event {
  std::string id; ///< Of the entry: "1732437498123-0".
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Said once: every event from now on will be seen.
struct reading {};
using listener = caf::typed_actor<caf::reacts_to<event>, caf::reacts_to<reading>>;
using event_reader = caf::typed_actor<caf::reacts_to<redis::arrived>>;

/// Starts an actor that tells `to` of each event, in order, and ends with it. It reads on a connection of its
/// own. While Redis is away the reader waits; entries that the stream's length (options::events_max)
/// pushes out meanwhile are lost.
event_reader start_events(caf::actor_system&, redis::link redis, const options&, listener to);
} // namespace arrakis::queue
