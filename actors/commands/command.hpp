#pragma once
// The commands, components and modals of this program: one folder each beside this file, found by the build, and the
// wizard's. How to add one: actors/ingress/declaration.hpp.
#include "actors/ingress/declaration.hpp"

#include <vector>

namespace arrakis::commands {

/// All declarations, sorted by folder. Written by the build.
const std::vector<const ingress::declaration*>& all();

} // namespace arrakis::commands
