#pragma once
// The transactions behind the messages. Every one takes its locks in the order community, deployments, audit head.
#include "adapters/postgres/deployments/messages.hpp"

namespace pqxx {
class transaction_base;
}

namespace arrakis::deployments::sql {
prepared prepare_next(pqxx::transaction_base&, const prepare&);
submitted submit_version(pqxx::transaction_base&, const submit&);
submitted retry_failed(pqxx::transaction_base&, const retry&);
status_of read_status(pqxx::transaction_base&, const status&);

claimed take_lease(pqxx::transaction_base&, const claim&);
renewed renew_lease(pqxx::transaction_base&, const renew&);
intent keep_intent(pqxx::transaction_base&, const record_intent&);
done keep_checkpoint(pqxx::transaction_base&, const checkpoint&);
done finish(pqxx::transaction_base&, const complete&);

/// "synth-<deployment>", and "-<attempt>" after a Retry: the same work has the same id, wherever it is sent from.
std::string job_id(const std::string& deployment, int attempt);
/// The outbox row that wakes the job.
void owe_job(pqxx::transaction_base&, const community_id&, const std::string& deployment, int64_t version,
             const std::string& job);
} // namespace arrakis::deployments::sql
