#pragma once
#include "runtime/config.hpp"

#include <string_view>

namespace arrakis::wiring {
/// Returns true if node.roles names the role ("api", "worker", "bot"), or all of them.
inline bool has_role(const config& settings, std::string_view role) {
  const auto& roles = settings.text("node.roles");
  return roles.find("all") != std::string::npos || roles.find(role) != std::string::npos;
}
} // namespace arrakis::wiring
