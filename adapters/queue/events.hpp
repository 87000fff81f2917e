#pragma once
// The queue's events (BullMQ's QueueEvents): changes of its jobs, by any client.
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
  std::string id; ///< Id of the entry: "1732437498123-0".
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Sent once, when the subscription is active: the reader sees every event from now on.
struct subscribed {};
/// Receives the events.
using listener = caf::typed_actor<caf::reacts_to<event>, caf::reacts_to<subscribed>>;
/// The reader. Its own messages are replies of Redis; others send it only an exit.
using event_reader = caf::typed_actor<caf::reacts_to<redis::arrived>>;

/// Starts an actor that sends each event to `to`, in order, and ends when `to` ends. It reads on its own connection.
/// While Redis is away the reader waits; entries that fall off the stream's end meanwhile (options::events_max) are
/// lost.
event_reader start_events(caf::actor_system&, redis::link redis, const options&, listener to);
} // namespace arrakis::queue
