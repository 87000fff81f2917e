#pragma once
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::outbox_relay {
/// A hint that something was committed: read the outbox now and not at the next poll. Cheap, may be sent at any rate,
/// may be lost.
struct read_now {};
struct poll {}; ///< Internal: the relay sends it to itself.

using handle = caf::typed_actor<caf::reacts_to<read_now>, caf::reacts_to<poll>>;
} // namespace arrakis::outbox_relay
