#pragma once
#include "actors/jobs/job.hpp"

namespace arrakis::jobs {
/// Hands the progress of a job to its queue.
using reporter = std::function<void(const job_queue&, queue::progress)>;

/// Starts the processor for the queue's workers: it starts one actor for each job by the job's name, and answers for an
/// actor that crashes or hangs. A job whose kind needs a service that this process lacks is postponed, without using an
/// attempt, for another process.
queue::processor start(caf::actor_system&, services, reporter = {}, const std::vector<const job_kind*>& kinds = all());
} // namespace arrakis::jobs
