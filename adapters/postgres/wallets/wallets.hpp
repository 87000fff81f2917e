#pragma once
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/wallets/messages.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::wallets {
/// `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
/// `pool` connects as arrakis_admin.
editor start_editor(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::wallets
