#pragma once
#include "adapters/postgres/dead_letters/messages.hpp"
#include "adapters/postgres/pool.hpp"

namespace arrakis::dead_letters {
/// The store on a pool as arrakis_app. Errors are the pool's; ec::invalid for a community that does not exist.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::dead_letters
