#pragma once
// Estimate of a remote wall clock from the time stamps of its answers.
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace arrakis {

/// Estimate of another machine's clock. Each answer bounds it: its stamp was made between the sending of the request
/// and the arrival of the answer. The bounds of all answers are intersected; a contradicting answer (a clock was set)
/// starts anew. Relative to the steady clock, so setting our clock does not matter. Thread-safe.
class remote_clock {
public:
  using instant = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  /// Difference of two clocks.
  struct skew {
    milliseconds ahead{0};       ///< This machine's wall clock minus the other's.
    milliseconds uncertainty{0}; ///< Either way.
  };

  /// Adds an observation: a stamp of Unix time, truncated to multiples of `resolution`.
  void observe(int64_t stamp_ms, milliseconds resolution, instant sent, instant received);
  /// Measured skew; empty until the first observation.
  std::optional<skew> measured(instant now) const;
  /// Unix milliseconds by the other's clock; by this machine's until the first observation.
  int64_t now_ms(instant now) const;

private:
  struct bounds {
    int64_t low_ms = 0, high_ms = 0; ///< Bounds of the remote Unix time minus the steady clock.
    int64_t middle_ms() const { return low_ms + (high_ms - low_ms) / 2; }
  };
  mutable std::mutex mutex_;
  std::optional<bounds> offset_;
};

} // namespace arrakis
