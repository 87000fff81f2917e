#pragma once
#include <cstdint>

namespace arrakis {

/// The three truth values, in the order of truth. No unknown ever counts as a no.
enum class truth : uint8_t { no, unknown, yes };

} // namespace arrakis
