#pragma once
// How an actor of ours gets a message, and how it takes its turn: as CAF 0.17 does it, without what it does for its
// streams, of which we have none, and for its log, which is off. That saves more than the counting costs.
#include "runtime/registry/record.hpp"

#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/scheduled_actor.hpp>

namespace arrakis::registry::detail {

/// Puts a message into the mailbox, wakes the actor if it sleeps, and counts. A request to an actor that has ended is
/// answered with sec::request_receiver_down. Thread-safe. `host`: the worker that this thread is, if any.
void deliver(caf::scheduled_actor& to, record& of, caf::mailbox_element_ptr what, caf::execution_unit* host);

/// Handles what is in the mailbox, `messages_max` messages at most. Called by one thread at a time; unless the result
/// is resume_later, the actor may have run elsewhere, and be gone, when this returns.
caf::resumable::resume_result run_turn(caf::scheduled_actor& self, caf::execution_unit* host, size_t messages_max);
} // namespace arrakis::registry::detail
