#pragma once
// Says what is waited for, at once after a few seconds and then every few seconds.
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace arrakis::demo {

class reminder {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds every{3};

  explicit reminder(std::function<void(const std::string&)> say, clock::time_point now = clock::now())
    : say_(std::move(say)), begun_(now), next_(now + every) {}

  /// Called over and over while waiting; `what` is asked only when it is time to speak.
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
