#pragma once
#include "adapters/postgres/conversations/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::conversations {
/// Starts the store of conversations. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::conversations
