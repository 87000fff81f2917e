#pragma once
// Decides when a process reads changed files again.
#include <chrono>
#include <string>

namespace arrakis::wiring {

/// Decides when files are read again: when they changed, and after a failed read, whose cause may be elsewhere (no
/// descriptor, a disk error), after 5 s, then twice as long each time, at most 5 min.
class rereading {
public:
  using time = std::chrono::steady_clock::time_point;
  explicit rereading(std::string state = {}) : state_(std::move(state)) {}
  /// Returns true if the files are due. `state`: the result of file::state_of, taken before the files are read.
  bool is_due(std::string state, time now);
  /// Records the result of the reading.
  void note(bool succeeded, time now);

private:
  std::string state_;
  int failures_ = 0; ///< Since the files changed last.
  time again_at_{};
};

} // namespace arrakis::wiring
