#pragma once
// One actor of the registry, for a test that looks at it.
#include "runtime/registry/reader.hpp"

namespace arrakis::test {

/// Returns the registry's row of the actor at `path`; a row without a path where there is none.
inline registry::row actor_at(registry::tree_node root, std::string_view path) {
  for (auto& row : registry::actors(root))
    if (row.path == path)
      return std::move(row);
  return {};
}
} // namespace arrakis::test
