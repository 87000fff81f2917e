#pragma once
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::outbox_relay {
/// A hint that something was committed: read the outbox now and not at the next poll. Cheap, may be sent at any rate,
/// may be lost.
struct kick {};
struct tick {}; ///< Internal: the relay sends it to itself.

using handle = caf::typed_actor<caf::reacts_to<kick>, caf::reacts_to<tick>>;
} // namespace arrakis::outbox_relay
