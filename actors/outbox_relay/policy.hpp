#pragma once
// What the relay decides, without an actor.
#include "runtime/error.hpp"

#include <chrono>

namespace arrakis::outbox_relay::policy {

/// Is it the row's own fault, or the peer's of the moment?
bool needs_a_person(ec code);

/// How long a row rests after its `attempts`-th failure, without jitter: from 500 ms to 15 s while a peer is away, from
/// 1 min to 1 h when a person is needed.
std::chrono::milliseconds rest(ec code, int attempts);

} // namespace arrakis::outbox_relay::policy
