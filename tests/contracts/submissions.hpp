#pragma once
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::contracts {
/// The contract of prepare, submit, retry, status and set_status towards the admin. The store holds no community of the
/// guilds from `guild` to `guild` + 9.
void submissions(caf::actor_system&, const arrakis::deployments::handle&, const arrakis::communities::handle&,
                 const arrakis::manifests::handle&, uint64_t guild);
} // namespace arrakis::contracts
