#pragma once
#include "adapters/postgres/audit/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::audit {
/// Starts the audit store. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
/// `pool` connects as arrakis_admin.
platform start_platform(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::audit
