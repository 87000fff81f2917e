#pragma once
// For log lines about what may come many times a second and says the same each time: a full table of descriptors, a
// wrong clock, strangers at the listener. The metric counts each; the log says it once in a while, and how often it
// was.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace arrakis::log {

/// Rate limit of one kind of log line. Thread-safe.
class rate_limit {
public:
  explicit rate_limit(std::chrono::milliseconds every) : every_(every) {}

  /// Counts an occurrence. Nothing: write no line. Else the occurrences since the last line, for a line now.
  std::optional<uint64_t> due(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) {
    ++unlogged_;
    auto next = next_.load();
    const auto at = now.time_since_epoch().count();
    if (at < next || !next_.compare_exchange_strong(next, (now + every_).time_since_epoch().count()))
      return std::nullopt;
    return unlogged_.exchange(0);
  }

private:
  const std::chrono::milliseconds every_;
  std::atomic<uint64_t> unlogged_{0};
  std::atomic<std::chrono::steady_clock::rep> next_{0};
};
} // namespace arrakis::log
