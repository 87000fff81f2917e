#pragma once
#include "adapters/postgres/outbox/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::outbox {
/// Starts the outbox. `pool` connects as arrakis_relay, the one role that sees the rows of all tenants.
handle start(caf::actor_system&, postgres::handle pool);
/// Starts the reader of overdue rows, for operators. `pool` connects as arrakis_app.
overview start_overview(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::outbox
