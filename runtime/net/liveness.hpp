#pragma once
// Liveness of the process: each second a beat passes through the actors' scheduler and every io thread. A part that
// does not answer for 5 s is reported by name. A separate io thread sends and judges the beats.
#include <atomic>
#include <caf/fwd.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::net {
class io;

/// Heartbeats of several parts: counts the turns in which a part did not answer. It counts its own turns instead of
/// time, so that a suspended machine does not count as dead.
class beats {
public:
  /// Passes a beat on; `answer` may be called on any thread, also much later.
  using ask = std::function<void(std::function<void()> answer)>;
  explicit beats(unsigned silent_turns = 5) : silent_turns_(silent_turns) {}
  void add(std::string name, ask);
  /// One turn: counts parts without an answer since the last one, and asks the others. Not thread-safe.
  void turn();
  /// Names of parts without an answer for `silent_turns` turns. Thread-safe.
  std::vector<std::string> silent() const;

private:
  struct one;
  unsigned silent_turns_;
  std::vector<std::shared_ptr<one>> all_;
};

/// Watchdog of scheduler and io threads.
class liveness {
public:
  /// Watches the scheduler of `sys` ("scheduler") and each thread of `watched` ("io-1", ...) from a thread of `own`,
  /// one turn a second.
  liveness(caf::actor_system& sys, io& watched, io& own,
           std::chrono::milliseconds turn_every = std::chrono::seconds{1});
  ~liveness();
  liveness(const liveness&) = delete;
  /// Names of the parts without a beat for 5 turns; empty: the process is alive.
  std::vector<std::string> silent() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};
} // namespace arrakis::net
