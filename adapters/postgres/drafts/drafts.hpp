#pragma once
#include "adapters/postgres/drafts/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::drafts {
/// Starts the store of drafts. `pool` connects as arrakis_app. Deletes old drafts, each hour.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::drafts
