#include "actors/jobs/member_role/member_role.hpp"

namespace arrakis::jobs::remove_role {
const job_kind& definition() {
  static const job_kind self = member_role::kind(
    "REMOVE_ROLE", "Takes a role from a member that the newest verdict no longer grants.", member_role::change::take);
  return self;
}
} // namespace arrakis::jobs::remove_role
