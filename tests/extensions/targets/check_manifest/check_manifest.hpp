#pragma once
#include "schemas/ids.hpp"

#include <cstdint>
#include <functional>

namespace arrakis::targets::check_manifest {
/// A service that this target alone needs: hears of each version that was found as it was signed.
struct inspection_book {
  std::function<void(const community_id&, int64_t version)> enter;
};
} // namespace arrakis::targets::check_manifest
