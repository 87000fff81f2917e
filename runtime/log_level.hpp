#pragma once
#include "runtime/log.hpp"

namespace arrakis::log {
/// Whether a line of this level would be written: for a caller whose fields cost something.
bool is_shown(level);
} // namespace arrakis::log
