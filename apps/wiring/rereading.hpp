#pragma once
// When files that a process has read are read again.
#include <chrono>
#include <string>

namespace arrakis::wiring {

/// They are due when they have changed; and after a reading that failed also as they are, since the cause may have been
/// elsewhere (no descriptor, a disk that did not answer): 5 s later, then twice as long each time, at most 5 min.
class rereading {
public:
  using time = std::chrono::steady_clock::time_point;
  explicit rereading(std::string state = {}) : state_(std::move(state)) {}
  /// `state`: as file::state_of says, taken before the files are read.
  bool is_due(std::string state, time now);
  /// How the reading went that was due.
  void note(bool succeeded, time now);

private:
  std::string state_;
  int failures_ = 0; ///< Since the files changed last.
  time again_at_{};
};

} // namespace arrakis::wiring
