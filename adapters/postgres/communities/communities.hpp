#pragma once
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::communities {
/// Starts the store of communities. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::communities
