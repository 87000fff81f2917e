#pragma once
// How a node is, dependency by dependency.
#include <functional>
#include <string>
#include <vector>

namespace arrakis::readiness {

/// One dependency and how it is.
struct dependency {
  std::string name;
  bool ready = false;
  std::string detail;
  bool needed = true; ///< Off: while it is not ready the node may be sent work all the same.
};
using done = std::function<void(std::vector<dependency>)>;

} // namespace arrakis::readiness
