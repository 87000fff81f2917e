#pragma once
// The world as one JSON text, and back: what survives a restart of the emulator.
#include "apps/sandbox/model/world.hpp"

namespace arrakis::sandbox::model {
js::object save(const world&);
/// Throws std::exception when the text is no snapshot of ours: the emulator must not start with half a world.
void load(world&, const js::object&);
} // namespace arrakis::sandbox::model
