#pragma once
// The permissions that no tier may give: a tier is earned by what somebody holds, and anybody can buy that. The one
// list, with the reason of each.
#include "schemas/guild.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::permissions {

/// A dangerous permission with its reason.
struct danger {
  uint64_t bit = 0;
  std::string_view label;  ///< As Discord's own settings call it: "Manage Server".
  std::string_view reason; ///< The power of its holder: "takes over the whole server".
};
/// All dangerous permissions.
const std::vector<danger>& dangers();
/// All bits of dangers().
uint64_t dangerous_bits();
/// Dangerous permissions that a role grants beyond @everyone's. (A new role starts with @everyone's permissions, which
/// add nothing.)
uint64_t dangers_given(const guild::state&, uint64_t role_permissions);
/// Names with reasons, worst first: "Administrator (it can do everything in the server) and ..."; empty: none.
std::string dangers_of(uint64_t mask);

} // namespace arrakis::permissions
