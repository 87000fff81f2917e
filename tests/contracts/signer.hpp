#pragma once
#include "adapters/signer/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::contracts {
/// The contract of every signer. `fresh` has one key version when this begins, and more when it ends.
void signer(caf::actor_system&, const arrakis::signer::handle& fresh);
} // namespace arrakis::contracts
