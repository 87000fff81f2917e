#pragma once
#include "runtime/log.hpp"

namespace arrakis::log {
/// True when lines of this level are written; for callers whose fields are expensive.
bool is_shown(level);
} // namespace arrakis::log
