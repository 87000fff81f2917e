#pragma once
#include "actors/jobs/job.hpp"

namespace arrakis::jobs {
/// Hands the progress of a job to its queue.
using reporter = std::function<void(const job_queue&, queue::progress)>;

/// The processor that the queue's worker asks: it starts one actor for each job by the job's name, and answers for it
/// when it crashes or hangs. A job whose kind needs a service that this process does not provide is postponed without
/// an attempt used, for a process that provides it.
queue::processor start(caf::actor_system&, services, reporter = {}, const std::vector<const job_kind*>& kinds = all());
} // namespace arrakis::jobs
