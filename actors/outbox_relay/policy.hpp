#pragma once
// Decisions of the relay, as functions without an actor.
#include "runtime/error.hpp"

#include <chrono>

namespace arrakis::outbox_relay::policy {

/// True: the row itself is at fault, so a person is needed; false: a peer is away for the moment.
bool needs_a_person(ec code);

/// The time that a row rests after its `attempts`-th failure, without jitter: from 500 ms to 15 s while a peer is away,
/// from 1 min to 1 h when a person is needed.
std::chrono::milliseconds rest(ec code, int attempts);

} // namespace arrakis::outbox_relay::policy
