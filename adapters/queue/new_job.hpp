#pragma once
// A job with any of BullMQ's options, under BullMQ's own names
// (https://api.docs.bullmq.io/interfaces/v5.BaseJobOptions.html): attempts, backoff, delay, priority, lifo, jobId,
// timestamp, removeOnComplete, removeOnFail, keepLogs, sizeLimit, parent {id, queue}, deduplication {id, ttl, extend,
// replace}, failParentOnFailure, ignoreDependencyOnFailure, removeDependencyOnFailure, continueParentOnFailure.
// The product itself needs fewer: `add` of messages.hpp.
#include "adapters/queue/keys.hpp"
#include "adapters/redis/calls.hpp"

#include <boost/json/object.hpp>
#include <string>

namespace arrakis::queue {
struct new_job {
  std::string name;
  std::string data_json = "{}";
  boost::json::object options;
};

/// The sentence for what BullMQ refuses in a job of its own producers, and for data that is no JSON of ours or larger
/// than `data_bytes_max`; empty: all is well. An empty jobId is none.
std::string validate(const new_job&, size_t data_bytes_max = 1 << 20);

/// The id that its producer chose; empty: none.
std::string job_id_of(const new_job&);
/// The key of its parent; empty: it has none.
std::string parent_key_of(const new_job&);

/// Options as the scripts read them and as a job keeps them: the long names shortened, a plain back-off spelt out,
/// `attempts` always there.
boost::json::object wire_options(const boost::json::object& options);

/// The call that adds the job under `id` (empty: Redis counts one). `waits_for_children`: it begins in
/// waiting-children, and the children are added next in the same transaction. Its reply is the id, or a negative
/// number.
redis::step add_step(const keys&, const new_job&, std::string_view id, int64_t now_ms, bool waits_for_children = false);

} // namespace arrakis::queue
