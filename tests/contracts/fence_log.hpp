#pragma once
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/fence_log/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::contracts {
/// The contract of the fence log towards its readers. Nothing was ever frozen in the store; `one` and `other` are
/// active.
void fence_log(caf::actor_system&, const arrakis::fence_log::handle&, const arrakis::communities::handle&,
               const community_id& one, const community_id& other);
} // namespace arrakis::contracts
