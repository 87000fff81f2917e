#pragma once
#include <string>

namespace arrakis::jobs::measure_manifest {
/// A service that this kind alone needs: what it calls its measure.
struct unit {
  std::string name;
};
} // namespace arrakis::jobs::measure_manifest
