#pragma once
// Name of a queue, behaviour of its workers, and retention of its jobs.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::queue {

/// BullMQ's rate limiter: at most `max` jobs start in each `duration`, over all workers with the same setting.
struct limiter {
  int64_t max = 10;
  std::chrono::milliseconds duration{1000};
};

struct job;

/// A failed attempt, as a back-off strategy sees it.
struct failed_attempt {
  std::string_view type;   ///< Type of the job's back-off.
  int attempts_made = 0;   ///< This attempt included.
  std::string_view reason; ///< Reason of the failure.
  const job& of;           ///< The job with its data; its attempts_made excludes this attempt.
};
/// Returns the wait before the next attempt, at most a day; nullopt: no further attempt, the job has failed (-1 of
/// BullMQ's `backoffStrategy`). Must not throw.
using back_off_strategy = std::function<std::optional<std::chrono::milliseconds>(const failed_attempt&)>;

/// Settings of a queue and its workers.
struct options {
  std::string prefix = "bull";
  /// The braces belong to the name: they put all keys of the queue and its dead letters into one Redis Cluster slot.
  std::string name = "{discord-synthesis}";
  std::string dead_letter_suffix = "-dlq";

  unsigned concurrency = 5; ///< Jobs at once in one worker; `set_concurrency` changes it later.
  std::optional<queue::limiter> limiter;
  std::string worker_name; ///< Shown by dashboards and stored with each job (`processedBy`); empty: none.

  /// Life of a job's lock (BullMQ's lockDuration). A dead worker's job is recovered after its lock has expired and two
  /// stalled checks have passed: at most lock + 2 stalled_check.
  std::chrono::milliseconds lock{8000};
  std::chrono::milliseconds renew{2000}; ///< At most a third of `lock`, so that one lost renewal does no harm.
  std::chrono::milliseconds stalled_check{2000};
  int stalled_max =
    10; ///< A job that stalled more often fails; poison is found earlier, by the platform's own quarantine.

  /// Longest blocking wait for a new job; then the worker asks again (BullMQ's drainDelay).
  std::chrono::milliseconds drain_delay{5000};
  std::chrono::milliseconds call_within{5000}; ///< Timeout of one call to Redis.
  std::chrono::milliseconds error_pause{500};  ///< Wait after a failed call.
  /// Longest wait of a rate-limited worker before it asks again (BullMQ's maximumRateLimitDelay). Each ask also moves
  /// due delayed jobs to `wait`.
  std::chrono::milliseconds rate_limit_delay_max{30'000};
  std::chrono::milliseconds job_within{3'600'000}; ///< Timeout of a processor; then the attempt fails.

  /// Strategy for back-off types that neither BullMQ nor this queue defines; runs on the worker's thread. Unset: such a
  /// job waits its plain delay.
  back_off_strategy custom_back_off;

  bool skip_lock_renewal = false;  ///< BullMQ's option: another worker takes over a job longer than `lock`.
  bool skip_stalled_check = false; ///< BullMQ's option: other workers recover the jobs of dead ones.

  std::chrono::seconds keep_completed{24 * 3600};
  std::chrono::seconds keep_failed{7 * 24 * 3600};
  int64_t keep_completed_max = -1; ///< Most completed jobs kept; -1: limited by age only.
  int64_t keep_failed_max = -1;
  int64_t metrics_points = 0; ///< Minutes of counts kept in Redis (BullMQ's maxDataPoints); 0: none.
  std::chrono::seconds keep_dead{30 * 24 * 3600};
  std::chrono::milliseconds clean_every{3'600'000}; ///< Interval of removing expired dead letters, 1000 a pass.
  int64_t events_max = 10'000;     ///< Approximate length of the event stream; an existing queue keeps its own.
  size_t data_bytes_max = 1 << 20; ///< Size limit of one job's data.
};

/// Error text for options that cannot work, naming the option; empty: they are valid.
std::string validate(const options&);

} // namespace arrakis::queue
