#pragma once
// Files of the source tree that tests read.
#include <cstdlib>
#include <string>

namespace arrakis::test {

/// The path of a file or folder of the source tree. `path` is relative to its root, which ctest names in
/// ARRAKIS_SOURCE_DIR; without it, the working directory is the root.
inline std::string source_file(const std::string& path) {
  const char* root = std::getenv("ARRAKIS_SOURCE_DIR");
  return std::string{root && *root ? root : "."} + "/" + path;
}
} // namespace arrakis::test
