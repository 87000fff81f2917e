#pragma once
// What a queue is called, how a worker of it behaves, and how long its jobs are kept.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::queue {

/// At most `max` jobs are handed out in each `duration`, over all workers that say the same.
struct limiter {
  int64_t max = 10;
  std::chrono::milliseconds duration{1000};
};

struct job;

/// An attempt that has just failed, for a strategy that decides on the next one.
struct failed_attempt {
  std::string_view type;   ///< Of the job's back-off.
  int attempts_made = 0;   ///< With this one.
  std::string_view reason; ///< Why it failed.
  const job& of;           ///< With its data; attempts_made without this one.
};
/// How long a job waits before its next attempt, at most a day; nullopt: none is worth it, and the job has failed (what
/// -1 of BullMQ's `backoffStrategy` means). Throws nothing.
using back_off_strategy = std::function<std::optional<std::chrono::milliseconds>(const failed_attempt&)>;

struct options {
  std::string prefix = "bull";
  /// The braces are part of the name: all keys of the queue and of its dead letters share a slot of a Redis Cluster.
  std::string name = "{discord-synthesis}";
  std::string dead_letter_suffix = "-dlq";

  unsigned concurrency = 5; ///< Jobs at once in one worker; set_concurrency changes it later.
  std::optional<queue::limiter> limiter;
  std::string worker_name; ///< Shown by dashboards and kept with each job (`processedBy`); empty: none.

  /// A job belongs to its worker while its lock lives; a worker that died is noticed when the lock ends and the next
  /// two stalled checks have passed: at most lock + 2 stalled_check.
  std::chrono::milliseconds lock{8000};
  std::chrono::milliseconds renew{2000}; ///< At most a third of `lock`, so that one lost renewal does no harm.
  std::chrono::milliseconds stalled_check{2000};
  int stalled_max =
    10; ///< A job that stalled more often fails; poison is found earlier, by the platform's own quarantine.

  /// How long a worker sleeps without a sign from Redis before it looks by itself (BullMQ's drainDelay).
  std::chrono::milliseconds drain_delay{5000};
  std::chrono::milliseconds call_within{5000}; ///< One call to Redis.
  std::chrono::milliseconds error_pause{500};  ///< After a call that failed.
  /// A limiter may hold for hours; a worker that met it looks again so often, which also lets delayed jobs that are due
  /// wait in turn (BullMQ's maximumRateLimitDelay).
  std::chrono::milliseconds rate_limit_delay_max{30'000};
  std::chrono::milliseconds job_within{3'600'000}; ///< A processor that has not answered by then has failed.

  /// For back-offs of a type that neither BullMQ nor we know, in the worker's thread. Unset: they wait their plain
  /// delay.
  back_off_strategy custom_back_off;

  bool skip_lock_renewal = false;  ///< BullMQ's option: a job longer than `lock` is lost to another worker.
  bool skip_stalled_check = false; ///< BullMQ's option: others look after the jobs of workers that died.

  std::chrono::seconds keep_completed{24 * 3600};
  std::chrono::seconds keep_failed{7 * 24 * 3600};
  int64_t keep_completed_max = -1; ///< So many at most; -1: no limit but their age.
  int64_t keep_failed_max = -1;
  int64_t metrics_points = 0; ///< Minutes of which the counts are kept in Redis (BullMQ's maxDataPoints); 0: none.
  std::chrono::seconds keep_dead{30 * 24 * 3600};
  std::chrono::milliseconds clean_every{3'600'000}; ///< Dead letters past their time are removed, 1000 a pass.
  int64_t events_max = 10'000;     ///< Entries of the event stream, about; an existing queue keeps its own.
  size_t data_bytes_max = 1 << 20; ///< Of one job's data.
};

/// ec::invalid's sentence for options that cannot work; empty: they can.
std::string validate(const options&);

} // namespace arrakis::queue
