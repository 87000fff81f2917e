#pragma once
// The supervision tree of a node, declared in one place: read tree.cpp top-down.
#include "apps/arrakisd/tree/parts.hpp"
#include "runtime/supervisor.hpp"

#include <vector>

namespace arrakis::tree {

/// The strategy of the top supervisor, which ends the process when it gives up.
inline constexpr auto strategy = supervisor::strategy::one_for_one;
/// The restart intensity of the top: 5 restarts in 10 min.
inline constexpr supervisor::intensity intensity{.restarts_max = 5, .window = std::chrono::minutes{10}};

/// Returns the children of the top supervisor for the roles and the token, in the order of dependency. Sets the
/// addresses in `parts`, which outlives the tree. Starts nothing.
std::vector<supervisor::child> declare(parts&);

} // namespace arrakis::tree
