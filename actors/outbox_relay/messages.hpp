#pragma once
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::outbox_relay {
/// Hint that work was committed: the relay reads the outbox at once. Cheap and idempotent; a lost one delays work until
/// the next poll.
struct read_now {};
struct poll {}; ///< Internal: the relay sends it to itself.

using handle = caf::typed_actor<caf::reacts_to<read_now>, caf::reacts_to<poll>>;
} // namespace arrakis::outbox_relay
