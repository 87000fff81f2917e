#pragma once
#include <chrono>

namespace arrakis {
/// Point in time by which a request must be answered. It travels inside messages; each hop uses the time left.
struct deadline {
  std::chrono::steady_clock::time_point at;

  /// Time left, rounded down to milliseconds; zero when it has passed.
  std::chrono::milliseconds left(std::chrono::steady_clock::time_point now) const {
    using std::chrono::milliseconds;
    return at <= now ? milliseconds{0} : std::chrono::duration_cast<milliseconds>(at - now);
  }
  bool passed(std::chrono::steady_clock::time_point now) const { return at <= now; }
  deadline sooner(deadline other) const { return at < other.at ? *this : other; }
};

/// A deadline `wait` from the actor's own clock, which is virtual in tests.
template <class Self>
deadline within(Self* self, std::chrono::milliseconds wait) {
  return {self->clock().now() + wait};
}
} // namespace arrakis
