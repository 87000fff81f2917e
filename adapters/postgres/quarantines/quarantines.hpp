#pragma once
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/quarantines/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::quarantines {
/// Starts the store of quarantines. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::quarantines
