#pragma once
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/signing_keys/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::signing_keys {
/// Starts the store of signing keys. `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::signing_keys
