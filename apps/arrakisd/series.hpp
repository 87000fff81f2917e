#pragma once
// Metrics that are there, with zero, before anything happened: without a first value an alert on an increase misses the
// first event, and a dashboard shows a gap.
#include "runtime/config.hpp"

namespace arrakis::series {
/// Called once, before any actor starts. Series whose labels come from outside (names of transactions, of queues that
/// others made) begin with their first value.
void begin_at_zero(const config&);
} // namespace arrakis::series
