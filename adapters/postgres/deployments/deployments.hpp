#pragma once
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::deployments {
/// `pool` connects as arrakis_app. Also erases interaction tokens whose 15 minutes are over, once a minute.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::deployments
