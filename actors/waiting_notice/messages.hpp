#pragma once
// Tells whoever waits for a deployment, shortly before Discord lets nobody edit their message any more, where to look
// on.
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::waiting_notice {

struct poll {}; ///< Internal: the actor sends it to itself.
using handle = caf::typed_actor<caf::reacts_to<poll>>;

} // namespace arrakis::waiting_notice
