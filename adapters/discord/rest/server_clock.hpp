#pragma once
// Discord's clock by the Date headers of its answers, and this machine's skew from it.
#include "runtime/remote_clock.hpp"

#include <string_view>

namespace arrakis::discord {

/// Estimate of Discord's clock. Date has whole seconds; several answers narrow the estimate. Thread-safe.
class server_clock : public remote_clock {
public:
  static constexpr milliseconds warn_above{2'000};
  /// Skew below which a warning ends; lower than warn_above, so that it does not flap.
  static constexpr milliseconds calm_below{1'000};

  /// Result of an observation.
  enum class change { none, skewed, over };

  /// Learns from one answer. A missing or invalid Date has no effect. `skewed`: the skew is certainly above warn_above,
  /// and was not at the last call; `over`: the reverse.
  change observe(std::string_view date, instant sent, instant received);

private:
  std::mutex mutex_;
  bool skewed_ = false;
};

} // namespace arrakis::discord
