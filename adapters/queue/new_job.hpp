#pragma once
// A job with any of BullMQ's options, under BullMQ's own names
// (https://api.docs.bullmq.io/interfaces/v5.BaseJobOptions.html): attempts, backoff, delay, priority, lifo, jobId,
// timestamp, removeOnComplete, removeOnFail, keepLogs, sizeLimit, parent {id, queue}, deduplication {id, ttl, extend,
// replace}, failParentOnFailure, ignoreDependencyOnFailure, removeDependencyOnFailure, continueParentOnFailure.
// Arrakis itself needs fewer options: `add` of messages.hpp.
#include "adapters/queue/keys.hpp"
#include "adapters/redis/calls.hpp"

#include <boost/json/object.hpp>
#include <string>

namespace arrakis::queue {
/// A job to add. `options` has BullMQ's names.
struct new_job {
  std::string name;
  std::string data_json = "{}";
  boost::json::object options;
};

/// Error text for options that BullMQ's own producers refuse, and for data that is not JSON or larger than
/// `data_bytes_max`; empty: valid. An empty jobId means none.
std::string validate(const new_job&, size_t data_bytes_max = 1 << 20);

/// The producer's id for the job; empty: none.
std::string job_id_of(const new_job&);
/// Key of the parent job; empty: none.
std::string parent_key_of(const new_job&);

/// Options as the scripts read and store them: long names shortened, a numeric back-off written as an object,
/// `attempts` always present.
boost::json::object wire_options(const boost::json::object& options);

/// Script call that adds the job under `id` (empty: Redis assigns a number). `waits_for_children`: the job begins in
/// waiting-children, and its children follow in the same transaction. Reply: the id, or a negative code
/// (script_errors.hpp).
redis::step add_step(const keys&, const new_job&, std::string_view id, int64_t now_ms, bool waits_for_children = false);

} // namespace arrakis::queue
