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
struct wish {
  std::string name;
  std::string data_json = "{}";
  boost::json::object options;
};

/// The sentence for what BullMQ refuses in a job of its own producers; empty: all is well.
std::string fault_of(const wish&);

/// Options as the scripts read them and as a job keeps them: the long names shortened, a plain back-off spelt out,
/// `attempts` always there.
boost::json::object wire_options(const boost::json::object& options);

/// The call that adds the job. `waits_for_children`: it begins in waiting-children, and the children are added next in
/// the same transaction. Its reply is the id, or a negative number.
redis::client::step adding(const keys&, const wish&, bool waits_for_children = false);

} // namespace arrakis::queue
