#pragma once
// The EVM node of the tests.
#include "tests/support/source_file.hpp"

#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

namespace arrakis::demo::evm {

/// The binary that apps/demo/evm/setup installs. Empty, with a message of the test, where it is not there.
inline std::string installed_anvil() {
  const auto path = arrakis::test::source_file("build/evm/anvil");
  if (::access(path.c_str(), X_OK) == 0)
    return path;
  MESSAGE("skipped: there is no EVM node at " << path << "; apps/demo/evm/setup installs it");
  return {};
}
} // namespace arrakis::demo::evm
