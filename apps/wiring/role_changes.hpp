#pragma once
// Settings of the jobs that give and take roles (config/arrakis.toml, section `member_roles`).
#include "actors/jobs/member_role/member_role.hpp"
#include "runtime/config.hpp"

namespace arrakis::wiring {
/// Reads the settings. ec::invalid names a list with a text that is no snowflake.
caf::expected<jobs::member_role::options> role_change_options(const config&);
} // namespace arrakis::wiring
