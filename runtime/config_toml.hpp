#pragma once
// TOML as a flat list of values.
#include "runtime/config.hpp"

#include <optional>

namespace arrakis::config_toml {
/// One value.
struct entry {
  std::string name;                   ///< The path with dots: "chains.rpc.1".
  std::optional<config::value> value; ///< Empty: a kind that no key has (a float, a date, a mixed list).
  size_t line = 0;
};
/// All leaves in the order of the file. ec::invalid with "file:line:column: what is wrong" when it is no TOML.
caf::expected<std::vector<entry>> parse(std::string_view text, const std::string& file);
} // namespace arrakis::config_toml
