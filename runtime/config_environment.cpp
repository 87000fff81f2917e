#include "runtime/config_environment.hpp"

#include <algorithm>
#include <array>

namespace arrakis::config_environment {
namespace {
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word))
    return false;
  text.remove_prefix(word.size());
  return true;
}

/// "6379_TCP" and what may stand behind it.
bool is_port_part(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 5)
    return false;
  text.remove_prefix(digits);
  constexpr std::array endings{"", "_PROTO", "_PORT", "_ADDR"};
  return (take(text, "_TCP") || take(text, "_UDP")) && std::ranges::find(endings, text) != endings.end();
}

/// True when a part that `is_part` accepts follows one occurrence of `mark`.
bool behind(std::string_view name, std::string_view mark, bool (*is_part)(std::string_view)) {
  for (auto at = name.find(mark); at != std::string_view::npos; at = name.find(mark, at + 1))
    if (at > 0 && is_part(name.substr(at + mark.size())))
      return true;
  return false;
}
} // namespace

bool is_of_kubernetes(std::string_view variable, std::string_view value) {
  const bool is_address = value.starts_with("tcp://") || value.starts_with("udp://");
  return variable.ends_with("_SERVICE_HOST") || variable.ends_with("_SERVICE_PORT")
      || (variable.ends_with("_PORT") && is_address) || behind(variable, "_PORT_", &is_port_part)
      || behind(variable, "_SERVICE_PORT_", [](std::string_view name) { return !name.empty(); });
}
} // namespace arrakis::config_environment
