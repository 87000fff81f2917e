#pragma once
// The queue and its workers in memory, with the meaning of adapters/queue over Redis: jobs with locks, attempts and
// back-off, stalled jobs that go to another worker, dead letters.
#include "adapters/queue/messages.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/queue/worker.hpp"
#include "runtime/clock.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/actor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace arrakis::test {

/// The queue in memory. Keeps tests/contracts/queue.hpp.
class fake_queue {
public:
  /// A job with its state.
  struct item {
    queue::job what;
    queue::job_options how;
    std::string state = "waiting"; ///< waiting, active, delayed, completed, failed.
    std::string token;             ///< Of its lock, while active.
    int64_t lock_until_ms = 0;
    int64_t due_ms = 0; ///< Delayed until.
    int64_t added_ms = 0, processed_ms = 0, finished_ms = 0;
    int takes = 0, stalls = 0, ends = 0; ///< Hand-outs, those that were taken back, and ends of attempts.
    std::string reason, value, progress;
  };

  explicit fake_queue(queue::options o = {}) : how(std::move(o)) {}

  queue::options how;
  std::function<int64_t()> now_ms = [] { return wall_ms(); };
  bool locks = true; ///< Off in a negative control: anybody may end anybody's job.
  /// Told of each accepted end of an attempt.
  std::function<void(const item&, const queue::outcome&)> ended = [](auto&, auto&) {};

  // The producer's verbs.
  caf::expected<queue::added> add(const queue::add&);
  caf::expected<queue::job_view> show(const std::string& id) const;
  caf::expected<queue::job_list> list(const queue::list_jobs&) const;
  caf::expected<queue::done> retry(const std::string& id);
  caf::expected<queue::done> replay(const std::string& id);
  std::string state_of(const std::string& id) const;
  queue::counts counts() const;
  void pause(bool on);
  void progress(const queue::progress&);
  /// As FLUSHALL.
  void forget();

  // The worker's verbs.
  std::optional<queue::job> take(const std::string& token);
  /// False: the lock is somebody else's.
  bool extend(const std::string& id, const std::string& token);
  bool finish(const std::string& id, const std::string& token, const queue::outcome&);
  /// Jobs whose lock has ended wait again.
  size_t recover_stalled();

  queue::handle port(caf::actor_system&, const way* = nullptr);
  /// Has `concurrency` places; looks for work each `look`, and at once when there is some.
  queue::worker worker(caf::actor_system&, queue::processor to, const way* = nullptr,
                       std::chrono::milliseconds look = std::chrono::milliseconds{500});
  uint64_t next_token() { return ++tokens_; }

private:
  void wake();
  void wait(item&);

  std::map<std::string, item> items_;
  std::deque<std::string> line_; ///< Ids that wait, in turn.
  std::map<std::string, item> dead_;
  bool paused_ = false;
  std::vector<caf::actor_addr> workers_;
  uint64_t tokens_ = 0;
};

} // namespace arrakis::test
