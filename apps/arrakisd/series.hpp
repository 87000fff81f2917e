#pragma once
// Metrics that start at zero before the first event: without a first value an alert on an increase misses the first
// event, and a dashboard shows a gap.
#include "runtime/config.hpp"

namespace arrakis::series {
/// Sets all known series to zero. Call it once, before any actor starts. Series whose labels come from outside (names
/// of transactions, or of queues of other programs) start with their first value.
void begin_at_zero(const config&);
} // namespace arrakis::series
