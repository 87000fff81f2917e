#pragma once
#include "adapters/postgres/job_ends/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::job_ends {
/// Starts the store of ends of jobs. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::job_ends
