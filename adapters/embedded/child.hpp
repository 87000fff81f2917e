#pragma once
// One watched server: started, asked until it answers, started again when it dies, stopped on request.
#include "runtime/process.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace arrakis::embedded {

struct recipe {
  std::string name;                  ///< "postgres": logs, metrics.
  process_options program;           ///< `output` is its log; `folder` its data.
  std::function<void()> prepare;     ///< Before each start; throws `stopped` when it cannot be.
  std::function<bool()> answers;     ///< True when the server takes clients.
  int stop_signal = 0;
  std::chrono::milliseconds stop_grace{30'000};
};

class child {
public:
  /// Starts it and returns when it answers; throws `stopped` (ec::not_found, ec::unavailable) when it does not.
  explicit child(recipe);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child(); ///< Stops it cleanly and waits for its end.
  int pid() const { return pid_; }

private:
  void launch();
  void watch();
  bool start_again();
  bool stopping_within(std::chrono::milliseconds wait);

  recipe recipe_;
  std::optional<process> process_; ///< The watcher's, once it runs.
  std::atomic<int> pid_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread watcher_;
};

} // namespace arrakis::embedded
