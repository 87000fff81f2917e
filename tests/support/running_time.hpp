#pragma once
// For the few limits of time that a test must keep an eye on.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace arrakis::test {

/// Time that goes by only while this program is let run: a machine that stands still, or has no processor for us, adds
/// 20 ms to it at most, each time. Begins with 0.
class running_time {
public:
  std::chrono::milliseconds now() const { return std::chrono::milliseconds{passed_us_ / 1'000}; }

private:
  void count(const std::stop_token& stop) {
    using namespace std::chrono;
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock{mutex};
    for (auto last = steady_clock::now(); !stop.stop_requested();) {
      never.wait_for(lock, stop, milliseconds{5}, [] { return false; });
      const auto now = steady_clock::now();
      passed_us_ += std::min<int64_t>(duration_cast<microseconds>(now - last).count(), 20'000);
      last = now;
    }
  }
  std::atomic<int64_t> passed_us_ = 0;
  std::jthread counting_{[this](const std::stop_token& stop) { count(stop); }};
};
} // namespace arrakis::test
