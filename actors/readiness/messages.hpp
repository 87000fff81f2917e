#pragma once
// The readiness of a node, dependency by dependency.
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <string>
#include <vector>

namespace arrakis::readiness {

/// One dependency and its state.
struct dependency {
  std::string name;
  bool ready = false;
  std::string detail;
  bool needed = true; ///< Off: while it is not ready the node may be sent work all the same.
};
/// Receives the state of every dependency.
using done = std::function<void(std::vector<dependency>)>;

/// Asks for the state of every dependency.
struct get_dependencies {};
/// The state of every dependency.
struct dependencies {
  std::vector<dependency> list;
};
using handle = caf::typed_actor<caf::replies_to<get_dependencies>::with<dependencies>>;

} // namespace arrakis::readiness
