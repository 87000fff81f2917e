#pragma once
// Estimate of a remote wall clock from the time stamps of its answers.
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace arrakis {

/// Each answer bounds the other's time from both sides: its stamp was made between the request's leaving and the
/// answer's arrival. The bounds of all answers are intersected; an answer that contradicts them (a clock was set)
/// begins anew. Kept against the steady clock, so that setting ours changes nothing of what is known. Thread-safe.
class remote_clock {
public:
  using instant = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  /// Difference of two clocks.
  struct skew {
    milliseconds ahead{0};       ///< This machine's wall clock minus the other's.
    milliseconds uncertainty{0}; ///< Either way.
  };

  /// A stamp of Unix time, cut off to multiples of `resolution`.
  void observe(int64_t stamp_ms, milliseconds resolution, instant sent, instant received);
  /// Empty until an answer was observed.
  std::optional<skew> measured(instant now) const;
  /// The other's Unix milliseconds; this machine's own while nothing was observed.
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
