#pragma once
// The figures of this process that every Prometheus client library gives, under their usual names
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
#include <cstdint>

namespace arrakis::metrics {
/// Reads /proc/self and sets process_cpu_seconds_total, process_open_fds, process_max_fds,
/// process_virtual_memory_bytes, process_resident_memory_bytes and process_start_time_seconds. Called before each
/// exposition; from any thread. An unreadable value keeps its last one.
void update_process();
/// Number of threads of this process, the caller's included; 0 if unknown.
int64_t threads();
} // namespace arrakis::metrics
