#pragma once
#include "adapters/objects/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::contracts {
/// A snapshot that a store accepts: a small manifest of `community` with its digest; `mark` makes its bytes differ.
arrakis::objects::snapshot sample_snapshot(const community_id& community, int64_t version, const std::string& mark);

/// The contract of every object store. `fresh` holds nothing of the communities used here.
void objects(caf::actor_system&, const arrakis::objects::handle& fresh);
} // namespace arrakis::contracts
