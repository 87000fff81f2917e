#pragma once
#include "adapters/postgres/member_roles/messages.hpp"
#include "adapters/postgres/pool.hpp"

#include <caf/actor_system.hpp>

namespace arrakis::member_roles {
/// `pool` connects as arrakis_app.
handle start(caf::actor_system&, postgres::handle pool);
} // namespace arrakis::member_roles
