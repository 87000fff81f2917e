#pragma once
// Metric series that are looked up once, for frequent updates. Names as in runtime/metrics.hpp.
#include "runtime/metrics.hpp"

namespace arrakis::metrics {
/// A counter series, which lives as long as the process; copies refer to the same one. Thread-safe.
class counter {
public:
  explicit counter(void* series) : series_(series) {}
  void add(double by = 1) const;

private:
  void* series_;
};
/// A histogram series. Like `counter`: it lives as long as the process, and copies refer to the same one. Thread-safe.
class histogram {
public:
  explicit histogram(void* series) : series_(series) {}
  void observe(double seconds) const;

private:
  void* series_;
};

/// Finds or creates the counter with these labels.
counter counter_of(const char* name, const char* help, labels = {});
/// Finds or creates the histogram with these labels.
histogram histogram_of(const char* name, const char* help, labels = {});
} // namespace arrakis::metrics
