#pragma once
// Decisions of the relay, as functions without an actor.
#include "runtime/error.hpp"

#include <chrono>

namespace arrakis::outbox_relay::policy {

/// True if the row itself is at fault, so that an operator is needed; false: a server is temporarily unavailable.
bool needs_a_person(ec code);

/// Delay of a row after its `attempts`-th failure in a row, without jitter: 500 ms to 15 s for an unavailable server, 1
/// min to 1 h when an operator is needed.
std::chrono::milliseconds rest(ec code, int attempts);

} // namespace arrakis::outbox_relay::policy
