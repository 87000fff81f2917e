#include "adapters/postgres/outbox/work_item.hpp"

#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <pqxx/pqxx>

namespace arrakis::outbox {

void owe_job(pqxx::transaction_base& tx, const community_id& community, const owed_job& job) {
  const boost::json::object payload{{"id", job.id}, {"name", job.kind}, {"data", job.data}};
  tx.exec_params("insert into outbox (community_id, deployment_id, kind, payload)"
                 " values ($1, nullif($2, '')::uuid, 'enqueue_job', $3)",
                 community.value, job.deployment, json::print(payload));
}

void close_job(pqxx::transaction_base& tx, const community_id& community, const std::string& id) {
  tx.exec_params("update outbox set closed_at = clock_timestamp() where community_id = $1 and kind = 'enqueue_job'"
                 " and payload->>'id' = $2 and closed_at is null",
                 community.value, id);
}

} // namespace arrakis::outbox
