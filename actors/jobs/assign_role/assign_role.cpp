#include "actors/jobs/member_role/member_role.hpp"

namespace arrakis::jobs::assign_role {
const job_kind& definition() {
  static const job_kind self = member_role::kind("ASSIGN_ROLE", "Gives a member a role that the newest verdict grants.",
                                                 member_role::change::give);
  return self;
}
} // namespace arrakis::jobs::assign_role
