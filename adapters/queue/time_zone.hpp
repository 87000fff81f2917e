#pragma once
// Offsets from UTC by the system's time zone database (/usr/share/zoneinfo).
#include "runtime/error.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace arrakis::queue {
/// Returns the milliseconds to add to UTC at an instant (Unix milliseconds). Thread-safe.
using zone = std::function<int64_t(int64_t unix_ms)>;

/// Finds "Europe/Berlin", "UTC", "GMT", "UTC+5:30"; empty: the system's zone ($TZ, /etc/localtime, else UTC). Errors:
/// ec::invalid for a name that the database does not know.
caf::expected<zone> zone_named(std::string_view name);
} // namespace arrakis::queue
