#pragma once
// Work items of the outbox, written and closed in the transactions of other stores, so that a decision commits together
// with its work, and the work's result together with its end.
#include "schemas/ids.hpp"

#include <boost/json/object.hpp>
#include <string>

namespace pqxx {
class transaction_base;
}

namespace arrakis::outbox {

/// Work for a target of the relay.
struct work_item {
  std::string kind; ///< The target's name: "store_manifest".
  /// Idempotency key, at most 200 bytes: a community has one item of a kind and key, however often it is added, also
  /// when it was closed since.
  std::string key;
  boost::json::object payload; ///< As the target reads it.
  std::string job_kind{};      ///< Kind "enqueue_job" only.
  std::string deployment{};    ///< Deployment whose end closes it; empty: none.
};
/// Inserts the item unless it exists.
void owe(pqxx::transaction_base&, const community_id&, const work_item&);

/// A job that a decision requires. The relay adds it to the queue of its kind.
struct owed_job {
  std::string kind; ///< Kind in actors/jobs: "SYNTHESIZE_COMMUNITY".
  /// Idempotency key: the job's id in its queue, unique in the cluster. Without ':' (BullMQ's rule).
  std::string id;
  boost::json::object data; ///< As the kind's payload says.
  std::string deployment{}; ///< Deployment whose end closes it; empty: none.
};
/// Inserts the job's work item unless it exists.
void owe_job(pqxx::transaction_base&, const community_id&, const owed_job&);

/// Closes the job's work item; no effect when it is closed.
void close_job(pqxx::transaction_base&, const community_id&, const std::string& id);

} // namespace arrakis::outbox
