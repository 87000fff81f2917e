#pragma once
// The job queue, wire-compatible with BullMQ 5.66.4. It wakes work and never holds the truth.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::queue {
struct backoff {
  std::string type = "arrakis";
  int64_t delay_ms = 5000;
};
struct job_options {
  std::string id; ///< Idempotency: an id that is known is not added again. Not a plain integer, no ':' (BullMQ's rule).
  int attempts = 3;
  queue::backoff backoff;
  int64_t delay_ms = 0;
  int priority = 0;
};
struct add {
  std::string name;
  std::string data_json;
  job_options options;
  deadline until;
};
struct added {
  std::string id;
};
struct job {
  std::string id;
  std::string name;
  std::string data_json;
  int attempts_made = 0;
  int attempts = 3;
};
/// What a processor says at the end of a job.
struct outcome {
  enum kind {
    completed,
    failed_retryable,
    failed_final,
    postponed,       ///< Delayed by `wait` without using an attempt.
    awaits_children, ///< Runs again when its children have ended; at once when none is pending.
    rate_limited     ///< Waits again, in front, and nobody takes a job for `wait`.
  } what = completed;
  std::string value_json = "null";   ///< completed
  std::string reason;                ///< failed
  std::chrono::milliseconds wait{0}; ///< postponed, rate_limited
};
struct progress {
  std::string job;
  std::string json;
};
struct get_counts {
  deadline until;
};
struct counts {
  int64_t waiting = 0, active = 0, delayed = 0, completed = 0, failed = 0, paused = 0, prioritized = 0;
  bool is_paused = false;
};
struct pause {
  bool on = true;
  deadline until;
};
struct done {};
/// state: waiting, active, delayed, completed, failed, paused, prioritized, dead.
struct list_jobs {
  std::string state;
  size_t first = 0;
  size_t count_max = 50;
  deadline until;
};
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
struct job_list {
  std::vector<job_view> jobs;
};
struct get_job {
  std::string id;
  deadline until;
}; ///< -> job_view | ec::not_found
struct retry {
  std::string id;
  deadline until;
}; ///< a failed job waits again
struct replay {
  std::string id;
  deadline until;
}; ///< a dead-lettered job waits again under its original id
struct get_job_state {
  std::string id;
  deadline until;
}; ///< -> job_state
struct job_state {
  std::string state;
}; ///< "unknown" when Redis does not know it

using handle = caf::typed_actor<caf::replies_to<add>::with<added>, caf::replies_to<get_counts>::with<counts>,
                                caf::replies_to<pause>::with<done>, caf::replies_to<list_jobs>::with<job_list>,
                                caf::replies_to<get_job>::with<job_view>, caf::replies_to<retry>::with<done>,
                                caf::replies_to<replay>::with<done>, caf::replies_to<get_job_state>::with<job_state>,
                                caf::reacts_to<progress>>;

/// The worker's side. Sent to the processor actor; the answer ends the job.
struct process {
  job what;
};
using processor = caf::typed_actor<caf::replies_to<process>::with<outcome>>;

/// Takes no more jobs, and answers when the last one in hand has ended; then the worker is gone.
struct close {};
/// From now on so many jobs at once (at least 1); those that are in hand beyond it are finished. Answers at once.
struct set_concurrency {
  unsigned max = 1;
};
using worker = caf::typed_actor<caf::replies_to<close>::with<done>, caf::replies_to<set_concurrency>::with<done>>;
} // namespace arrakis::queue
