#pragma once
#include "adapters/postgres/audit/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::contracts {
/// The contract of every audit trail; `mine` and `other` are communities without an entry.
void audit(caf::actor_system&, const arrakis::audit::handle&, const community_id& mine, const community_id& other);
} // namespace arrakis::contracts
