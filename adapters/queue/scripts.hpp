#pragma once
// BullMQ's own Lua scripts, byte for byte as Node.js sends them, so that both share Redis' script cache; and one script
// of this project (complete_14). config/build/bullmq.mjs defines the declared names: script and number of keys.
#include "adapters/redis/messages.hpp"

namespace arrakis::queue::lua {
/// BullMQ's script addStandardJob-9.lua; the others below are named alike.
extern const redis::script add_standard_job_9;
extern const redis::script add_delayed_job_6;
extern const redis::script add_prioritized_job_9;
extern const redis::script move_to_active_11;
extern const redis::script move_to_finished_14;
extern const redis::script complete_14; ///< complete.lua: a cheaper move_to_finished_14 for a plain job.
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
extern const redis::script add_parent_job_6;
extern const redis::script add_job_scheduler_11;
extern const redis::script change_delay_4;
extern const redis::script change_priority_7;
extern const redis::script drain_5;
extern const redis::script get_job_scheduler_1;
extern const redis::script get_metrics_2;
extern const redis::script get_rate_limit_ttl_2;
extern const redis::script is_finished_3;
extern const redis::script is_maxed_2;
extern const redis::script move_job_from_active_to_wait_9;
extern const redis::script move_jobs_to_wait_8;
extern const redis::script move_to_waiting_children_7;
extern const redis::script obliterate_2;
extern const redis::script promote_9;
extern const redis::script remove_child_dependency_1;
extern const redis::script remove_deduplication_key_1;
extern const redis::script remove_job_scheduler_3;
extern const redis::script remove_unprocessed_children_2;
extern const redis::script update_data_1;
} // namespace arrakis::queue::lua
