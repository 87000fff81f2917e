#pragma once
// What a store's transaction owes the world, and the recorded end of it: written in the other stores' transactions, so
// that a decision, its work and its end commit together.
#include "schemas/ids.hpp"

#include <boost/json/object.hpp>
#include <string>

namespace pqxx {
class transaction_base;
}

namespace arrakis::outbox {

/// Anything that a target of the relay carries out.
struct work_item {
  std::string kind; ///< The target's name: "store_manifest".
  /// The idempotency key, at most 200 bytes: a community is owed an item of a kind and key once, however often this is
  /// called and also when it was closed since.
  std::string key;
  boost::json::object payload; ///< As the target reads it.
  std::string job_kind{};      ///< Of "enqueue_job" alone.
  std::string deployment{};    ///< Whose row ends with it; empty: none.
};
void owe(pqxx::transaction_base&, const community_id&, const work_item&);

/// A job that somebody's decision owes. The relay puts it into the queue that its kind names.
struct owed_job {
  std::string kind; ///< Of actors/jobs: "SYNTHESIZE_COMMUNITY".
  /// The idempotency key: the job's id in its queue, unique in the cluster. Without ':' (BullMQ's rule).
  std::string id;
  boost::json::object data; ///< As the kind's payload says.
  std::string deployment{}; ///< Whose row ends with it; empty: none.
};
void owe_job(pqxx::transaction_base&, const community_id&, const owed_job&);

/// The end of that job is recorded in this transaction: nothing is owed any more. Closes nothing when it was closed.
void close_job(pqxx::transaction_base&, const community_id&, const std::string& id);

} // namespace arrakis::outbox
