#include "adapters/postgres/outbox/work_item.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <pqxx/pqxx>

namespace arrakis::outbox {

void owe(pqxx::transaction_base& tx, const community_id& community, const work_item& item) {
  tx.exec_params("insert into outbox (community_id, deployment_id, kind, job_kind, key, payload)"
                 " values ($1, nullif($2, '')::uuid, $3, $4, $5, $6) on conflict (community_id, kind, key) do nothing",
                 community.value, item.deployment, item.kind, item.job_kind, postgres::plain(item.key, "key"),
                 json::print(item.payload));
}

void owe_job(pqxx::transaction_base& tx, const community_id& community, const owed_job& job) {
  // Nodes that were started before work items read id and name here.
  const boost::json::object payload{{"id", job.id}, {"name", job.kind}, {"data", job.data}};
  owe(tx, community, {"enqueue_job", job.id, payload, job.kind, job.deployment});
}

void close_job(pqxx::transaction_base& tx, const community_id& community, const std::string& id) {
  tx.exec_params("update outbox set closed_at = clock_timestamp() where community_id = $1 and kind = 'enqueue_job'"
                 " and key = $2 and closed_at is null",
                 community.value, postgres::plain(id, "id"));
}

} // namespace arrakis::outbox
