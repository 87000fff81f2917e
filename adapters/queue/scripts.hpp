#pragma once
// BullMQ's own Lua scripts, as its package holds them: config/build/bullmq.mjs defines what is declared here, by name
// and number of keys. Byte for byte what Node.js sends, so that both share Redis' script cache.
#include "adapters/redis/messages.hpp"

namespace arrakis::queue::lua {
extern const redis::script add_standard_job_9;
extern const redis::script add_delayed_job_6;
extern const redis::script add_prioritized_job_9;
extern const redis::script move_to_active_11;
extern const redis::script move_to_finished_14;
extern const redis::script move_to_delayed_8;
extern const redis::script retry_job_11;
extern const redis::script extend_locks_1;
extern const redis::script move_stalled_jobs_to_wait_8;
extern const redis::script update_job_scheduler_12;
extern const redis::script update_progress_3;
extern const redis::script add_log_2;
extern const redis::script pause_7;
extern const redis::script get_counts_1;
extern const redis::script get_ranges_1;
extern const redis::script get_state_v2_8;
extern const redis::script reprocess_job_8;
extern const redis::script remove_job_2;
extern const redis::script clean_jobs_in_set_3;
} // namespace arrakis::queue::lua
