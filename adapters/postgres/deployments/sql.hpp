#pragma once
// Transactions of the store, one for each message. All take locks in the order community, deployments, audit head.
#include "adapters/postgres/deployments/messages.hpp"

namespace pqxx {
class transaction_base;
}

namespace arrakis::deployments::sql {
/// Runs `prepare`.
prepared prepare_next(pqxx::transaction_base&, const prepare&);
/// Runs `submit`.
submitted submit_version(pqxx::transaction_base&, const submit&);
/// Runs `retry`.
submitted retry_failed(pqxx::transaction_base&, const retry&);
/// Runs `follow`.
followed follow_newest(pqxx::transaction_base&, const follow&);
/// Runs `status`.
status_of read_status(pqxx::transaction_base&, const status&);

/// Runs `claim`. Cancels a version that a newer, completed one supersedes. Throws postgres::refusal; commits nothing.
claimed take_lease(pqxx::transaction_base&, const claim&);
/// Runs `renew`.
conversation renew_lease(pqxx::transaction_base&, const renew&);
/// Runs `record_intent`.
intent keep_intent(pqxx::transaction_base&, const record_intent&);
/// Runs `checkpoint`.
done keep_checkpoint(pqxx::transaction_base&, const checkpoint&);
/// Runs `complete`.
conversation finish(pqxx::transaction_base&, const complete&);

/// Id of the job: "synth-<deployment>", and "-<attempt>" after a Retry; stable, so every sender uses the same id.
std::string job_id(const std::string& deployment, int attempt);
/// Inserts the outbox row that wakes the job.
void owe_job(pqxx::transaction_base&, const community_id&, const std::string& deployment, int64_t version,
             const std::string& job);
} // namespace arrakis::deployments::sql
