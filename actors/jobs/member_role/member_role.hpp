#pragma once
// The job that brings one role of one member to what the newest verdict says. ASSIGN_ROLE and REMOVE_ROLE both do it:
// their names say what the verdict wanted that asked for them.
#include "actors/jobs/job.hpp"
#include "adapters/postgres/member_roles/messages.hpp"

#include <set>
#include <string_view>

namespace arrakis::jobs {

/// The queue of role changes: many and small, so that they hold up no deployment.
inline constexpr job_queue discord_roles{.name = "discord-roles",
                                         .help = "Roles that verdicts give to members or take from them."};

namespace member_role {
/// Settings of the process (config/arrakis.toml, section `roles`). Provided in services::available.
struct options {
  member_roles::limits limit;
  std::set<snowflake> protected_members; ///< Nobody of them is given or loses a role.
  std::set<snowflake> protected_roles;   ///< Given to nobody and taken from nobody.
  /// Off only in a negative control: a job does not read the newest verdict again after its write.
  bool reads_again = true;
};

/// The change that the verdict wanted.
enum class change : uint8_t { give, take };
/// Declares the kind `name`, which needs `options` and `member_roles::handle`.
job_kind kind(std::string_view name, std::string_view help, change);
} // namespace member_role
} // namespace arrakis::jobs
