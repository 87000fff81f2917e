#pragma once
#include "adapters/postgres/drafts/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::drafts {
/// `pool` connects as arrakis_app. Erases what is old, each hour.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::drafts
