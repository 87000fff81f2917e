#pragma once
// Discord's time by the Date headers of its answers, and how far this machine's clock is from it.
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

namespace arrakis::discord {

/// Each answer bounds Discord's time from both sides: its Date, which is whole seconds, was stamped between the
/// request's leaving and the answer's arrival. The bounds of all answers are intersected; an answer that contradicts
/// them (a clock was set) begins anew. Kept against the steady clock, so that setting ours changes the skew and not
/// what is known of Discord. Thread-safe.
class server_clock {
public:
  using instant = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds warn_above{2'000};
  /// A warned skew is over when it may be below this; apart from warn_above, so that it does not come and go.
  static constexpr milliseconds calm_below{1'000};

  struct skew {
    milliseconds ahead{0};       ///< This machine's clock minus Discord's.
    milliseconds uncertainty{0}; ///< Either way.
  };
  enum class change { none, skewed, over };

  /// One answer. A Date that is missing or no date teaches nothing. `skewed`: it is surely above warn_above now and was
  /// not at the last call; `over`: the reverse.
  change observe(std::string_view date, instant sent, instant received);
  /// Empty until an answer was observed.
  std::optional<skew> measured(instant now) const;
  /// Discord's Unix milliseconds; this machine's own while nothing was observed.
  int64_t now_ms(instant now) const;

private:
  struct bounds {
    int64_t low_ms = 0, high_ms = 0; ///< Of Discord's Unix time minus the steady clock's.
  };
  std::optional<skew> measured_locked(instant now) const;

  mutable std::mutex mutex_;
  std::optional<bounds> offset_;
  bool skewed_ = false;
};

} // namespace arrakis::discord
