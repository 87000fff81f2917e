#pragma once
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::deployments {
/// Starts the store. `pool` connects as arrakis_app. Erases interaction tokens older than 15 minutes, once a minute.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::deployments
