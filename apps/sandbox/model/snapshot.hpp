#pragma once
// The state as one JSON text, and back: what survives a restart of the emulator.
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {
/// Writes the whole state as JSON.
js::object save(const sandbox_state&);
/// Loads a snapshot. Throws std::exception for invalid text: the emulator must not start with incomplete state.
void load(sandbox_state&, const js::object&);
} // namespace arrakis::sandbox::model
