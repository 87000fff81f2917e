#pragma once
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::reconciliations {
/// Starts the store of reconciliations. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::reconciliations
