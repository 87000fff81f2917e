#pragma once
// Port of the job queue, wire-compatible with BullMQ 5.66.4. The queue wakes work; PostgreSQL holds the truth.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::queue {
/// BullMQ's back-off: its type and its base delay.
struct backoff {
  std::string type = "arrakis";
  int64_t delay_ms = 5000;
};
/// Options of a new job.
struct job_options {
  /// Idempotency key: adding a known id changes nothing. Not a plain integer and without ':' (BullMQ's rule).
  std::string id;
  int attempts = 3;
  queue::backoff backoff;
  int64_t delay_ms = 0;
  int priority = 0;
};
/// Adds a job. -> added
struct add {
  std::string name;
  std::string data_json;
  job_options options;
  deadline until;
};
/// Id of the added job, or of the known one.
struct added {
  std::string id;
};
/// A job as its processor receives it.
struct job {
  std::string id;
  std::string name;
  std::string data_json;
  int attempts_made = 0;
  int attempts = 3;
};
/// Result of one attempt, as the processor answers it.
struct outcome {
  /// Kinds of outcome.
  enum kind {
    completed,
    failed_retryable,
    failed_final,
    postponed,       ///< Delayed by `wait` without using an attempt.
    awaits_children, ///< Runs again when all its children have ended; at once when none is pending.
    rate_limited     ///< Moves to the front of the queue; no worker takes a job for `wait`.
  } what = completed;
  std::string value_json = "null";   ///< completed
  std::string reason;                ///< failed
  std::chrono::milliseconds wait{0}; ///< postponed, rate_limited
};
/// Sets a job's progress, any JSON. No answer.
struct progress {
  std::string job;
  std::string json;
};
/// Asks for the number of jobs by state. -> counts
struct get_counts {
  deadline until;
};
/// Number of jobs by state.
struct counts {
  int64_t waiting = 0, active = 0, delayed = 0, completed = 0, failed = 0, paused = 0, prioritized = 0;
  bool is_paused = false;
};
/// Pauses (`on`) or resumes the queue. -> done
struct pause {
  bool on = true;
  deadline until;
};
/// The order was carried out.
struct done {};
/// Lists jobs of a state: waiting, active, delayed, completed, failed, paused, prioritized, dead. -> job_list
struct list_jobs {
  std::string state;
  size_t first = 0;
  size_t count_max = 50;
  deadline until;
};
/// A job with its state and results. Times are Unix ms, 0: not yet. stacktrace: reasons of the last 10 failed attempts.
struct job_view {
  job what;
  std::string state;
  std::string failed_reason;
  std::string return_value;
  std::string progress;
  int64_t added_ms = 0, processed_ms = 0, finished_ms = 0;
  int64_t delay_ms = 0;
  std::vector<std::string> stacktrace;
};
/// Answer to list_jobs.
struct job_list {
  std::vector<job_view> jobs;
};
/// Asks for one job. -> job_view | ec::not_found
struct get_job {
  std::string id;
  deadline until;
};
/// Moves a failed job back to waiting. -> done
struct retry {
  std::string id;
  deadline until;
};
/// Moves a dead-lettered job back to waiting, under its original id. -> done
struct replay {
  std::string id;
  deadline until;
};
/// Asks for a job's state. -> job_state
struct get_job_state {
  std::string id;
  deadline until;
};
/// State of a job; "unknown" when Redis does not know the job.
struct job_state {
  std::string state;
};

/// The queue's port, for producers and operators.
using handle = caf::typed_actor<caf::replies_to<add>::with<added>, caf::replies_to<get_counts>::with<counts>,
                                caf::replies_to<pause>::with<done>, caf::replies_to<list_jobs>::with<job_list>,
                                caf::replies_to<get_job>::with<job_view>, caf::replies_to<retry>::with<done>,
                                caf::replies_to<replay>::with<done>, caf::replies_to<get_job_state>::with<job_state>,
                                caf::reacts_to<progress>>;

/// Sent by a worker to its processor; the answer ends the attempt. -> outcome
struct process {
  job what;
};
/// The actor that does the jobs.
using processor = caf::typed_actor<caf::replies_to<process>::with<outcome>>;

/// Ends the worker: it takes no more jobs, and answers and ends when its last active job has ended. -> done
struct close {};
/// Sets the number of jobs at once (at least 1). Active jobs beyond it run to their end. Answers at once. -> done
struct set_concurrency {
  unsigned max = 1;
};
/// Takes jobs from Redis and gives them to a processor.
using worker = caf::typed_actor<caf::replies_to<close>::with<done>, caf::replies_to<set_concurrency>::with<done>>;
} // namespace arrakis::queue
