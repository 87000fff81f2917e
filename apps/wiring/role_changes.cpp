#include "apps/wiring/role_changes.hpp"

#include <fmt/format.h>

namespace arrakis::wiring {
namespace {
caf::expected<std::set<snowflake>> snowflakes_of(const config& settings, const char* key) {
  std::set<snowflake> ids;
  for (const auto& text : settings.list(key)) {
    const auto id = parse_snowflake(text);
    if (!id)
      return fail(ec::invalid, fmt::format("{}: '{}' is no snowflake: in Discord, enable User Settings → Advanced →"
                                           " Developer Mode, then right-click and copy the id",
                                           key, text));
    ids.insert(*id);
  }
  return ids;
}
} // namespace

caf::expected<jobs::member_role::options> role_change_options(const config& settings) {
  auto members = snowflakes_of(settings, "member_roles.protected_members");
  if (!members)
    return members.error();
  auto roles = snowflakes_of(settings, "member_roles.protected_roles");
  if (!roles)
    return roles.error();
  jobs::member_role::options result;
  result.limit = {
    .members = settings.integer("member_roles.takings_max"),
    .percent = settings.integer("member_roles.takings_percent"),
    .window = std::chrono::duration_cast<std::chrono::seconds>(settings.milliseconds("member_roles.takings_window_s"))};
  result.protected_members = std::move(*members);
  result.protected_roles = std::move(*roles);
  return result;
}
} // namespace arrakis::wiring
