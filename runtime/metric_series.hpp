#pragma once
// One metric with its labels, looked up once: for what is counted at each request. Names as in runtime/metrics.hpp.
#include "runtime/metrics.hpp"

namespace arrakis::metrics {
/// Copies mean the same series, which lives as long as the process. Thread-safe.
class counter {
public:
  explicit counter(void* series) : series_(series) {}
  void add(double by = 1) const;

private:
  void* series_;
};
class histogram {
public:
  explicit histogram(void* series) : series_(series) {}
  void observe(double seconds) const;

private:
  void* series_;
};

counter counter_of(const char* name, const char* help, labels = {});
histogram histogram_of(const char* name, const char* help, labels = {});
} // namespace arrakis::metrics
