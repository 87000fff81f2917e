#pragma once
// Progress lines during a long wait.
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace arrakis::demo {

/// Prints what a program waits for, at most every 3 s.
class reminder {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds every{3};

  explicit reminder(std::function<void(const std::string&)> say, clock::time_point now = clock::now())
    : say_(std::move(say)), begun_(now), next_(now + every) {}

  /// Call it repeatedly during the wait; calls `what` only when a line is due.
  void tick(const std::function<std::string()>& what, clock::time_point now = clock::now()) {
    if (!say_ || now < next_)
      return;
    next_ = now + every;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - begun_).count();
    say_("  waiting for " + what() + " (" + std::to_string(seconds) + " s)");
  }

private:
  std::function<void(const std::string&)> say_;
  clock::time_point begun_, next_;
};
} // namespace arrakis::demo
