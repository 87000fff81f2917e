#pragma once
#include "actors/jobs/job.hpp"

namespace arrakis::jobs {
/// The processor that the queue's worker asks: it starts one actor for each job by the job's name, and answers for it
/// when it crashes or hangs.
queue::processor start(caf::actor_system&, services, const std::vector<const job_kind*>& kinds = all());
} // namespace arrakis::jobs
