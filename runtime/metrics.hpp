#pragma once
// Prometheus metrics by name. Names are arrakis_<folder>_<event>_<unit>; all of them are in schemas/golden/metrics.txt.
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace arrakis::metrics {
using labels = std::initializer_list<std::pair<const char*, std::string>>;

/// Adds to a counter. `help` is kept from the first call for the name. Label values must come from a small closed set.
void count(const char* name, const char* help, double by = 1, labels = {});
/// Sets a gauge.
void set(const char* name, const char* help, double value, labels = {});
/// Observes seconds in a histogram with buckets from 1 ms to 60 s.
void observe(const char* name, const char* help, double seconds, labels = {});
/// Registers a histogram, so that it is exported before its first observation.
void prepare(const char* name, const char* help, labels = {});
/// All metrics in Prometheus' text exposition format 0.0.4.
std::string exposition();
} // namespace arrakis::metrics
