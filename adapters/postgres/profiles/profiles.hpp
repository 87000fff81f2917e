#pragma once
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/profiles/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::profiles {
/// `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::profiles
