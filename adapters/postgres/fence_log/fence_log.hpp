#pragma once
#include "adapters/postgres/fence_log/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::fence_log {
/// Starts the store; `pool` connects as arrakis_app. An answer has at most `entries_max` (up to 10,000).
handle start(caf::actor_system&, postgres::handle pool, size_t entries_max = 5'000);
} // namespace arrakis::fence_log
