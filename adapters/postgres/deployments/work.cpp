// Transactions of the worker's side: lease, intents, checkpoints, end. `run` fences every write of an older holder.
#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/deployments/sql.hpp"
#include "adapters/postgres/guild_work/guild_work.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::deployments::sql {
namespace {
using postgres::plain;
using postgres::refuse;

namespace guild_work = postgres::guild_work;
using guild_work::lock_held;

constexpr const char* closed = "('completed', 'failed', 'cancelled')";

/// Reads without a lock, since others lock the community before the deployment; the fence table catches a freeze that
/// commits at this moment.
void refuse_frozen(pqxx::transaction_base& tx, const record_intent& m) {
  const auto now = tx.exec_params1("select status, fence from communities where id = $1", m.of.community.value);
  if (const auto status = now[0].as<std::string>(); status != "active")
    refuse(ec::frozen, "the community is " + status);
  if (m.fence && *m.fence != now[1].as<int64_t>())
    refuse(ec::frozen, "the community was frozen since this work began");
}

/// Cancels a version that a newer, completed one has superseded.
void cancel(pqxx::transaction_base& tx, const community_id& community, const std::string& id, int64_t by) {
  tx.exec_params(
    "update deployments set state = 'cancelled', error_code = 'SUPERSEDED', error_text = $3, run = run + 1,"
    " lease_holder = null, lease_until = null, interaction_token = null, updated_at = now(), completed_at = now()"
    " where community_id = $1 and id = $2",
    community.value, id, fmt::format("version {} was completed before", by));
  guild_work::close_job(tx, {community, id});
  audit::chain::append(tx, community, {"DEPLOYMENT_SUPERSEDED", "system", "deployment:" + id},
                       boost::json::object{{"by", by}});
}

void activate(pqxx::transaction_base& tx, const community_id& community, int64_t version) {
  tx.exec_params("update manifests set is_active = false where community_id = $1 and is_active", community.value);
  tx.exec_params(
    "update manifests set is_active = true, synthesized_at = now() where community_id = $1 and version = $2",
    community.value, version);
}
} // namespace

claimed take_lease(pqxx::transaction_base& tx, const claim& m) {
  const auto community = guild_work::lock_community(tx, m.community);
  const auto rows = tx.exec_params(
    "select id, state, error_text, application_id, lease_holder <> $3 and lease_until > clock_timestamp() as taken,"
    " (select max(o.version) from deployments o where o.community_id = d.community_id and o.version > d.version"
    "  and o.state = 'completed') as passed_by,"
    " (select (extract(epoch from clock_timestamp() - max(o.created_at)) * 1000)::bigint from outbox o"
    "  where o.community_id = d.community_id and o.deployment_id = d.id and o.kind = 'enqueue_job'"
    "  and o.closed_at is null) as owed_ms"
    " from deployments d where community_id = $1 and version = $2 for no key update",
    m.community.value, m.version, plain(m.worker, "worker"));
  if (!community || rows.empty())
    refuse(ec::not_found, fmt::format("there is no deployment of version {}", m.version));
  const auto row = rows[0];
  claimed result{.deployment = row["id"].as<std::string>(),
                 .state = row["state"].as<std::string>(),
                 .fence = community->fence,
                 .fences_as_of = community->fences_as_of,
                 .guild = community->guild,
                 .application = {row["application_id"].is_null() ? 0 : row["application_id"].as<uint64_t>()},
                 .error = row["error_text"].as<std::string>()};
  if (result.state == "completed" || result.state == "failed" || result.state == "cancelled")
    return result;
  if (!row["passed_by"].is_null()) {
    cancel(tx, m.community, result.deployment, row["passed_by"].as<int64_t>());
    result.state = "cancelled";
    return result;
  }
  guild_work::refuse_idle(*community);
  if (!row["taken"].is_null() && row["taken"].as<bool>())
    refuse(ec::busy, "another worker has the lease");
  guild_work::take(tx, {m.community, result.deployment}, m.worker, m.lease, result);
  if (!row["owed_ms"].is_null())
    result.owed_for = std::chrono::milliseconds{row["owed_ms"].as<int64_t>()};
  return result;
}

conversation renew_lease(pqxx::transaction_base& tx, const renew& m) {
  const auto held = tx.exec_params(
    fmt::format("update {} set lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond'"
                " where community_id = $1 and id = $2 and run = $3 and lease_holder is not null returning {}",
                guild_work::table_of(m.of.kind), guild_work::conversation_columns),
    m.of.community.value, plain(m.of.id, "id"), m.of.run, m.lease.count());
  if (held.empty()) {
    lock_held(tx, m.of); // Fails with stale or not found.
    return {};
  }
  return guild_work::conversation_in(held[0]);
}

intent keep_intent(pqxx::transaction_base& tx, const record_intent& m) {
  lock_held(tx, m.of);
  refuse_frozen(tx, m);
  // Nonce and newest_seen stay those of the first attempt, which may still take effect.
  const auto row = tx.exec_params1(
    fmt::format("insert into deployment_intents (community_id, kind, resource, {}, nonce, newest_seen, fields)"
                " values ($1, $2, $3, $4, $5, nullif($6::bigint, 0), nullif($7, '')::json)"
                " on conflict (community_id, kind, resource) do update set fields = excluded.fields returning {}",
                guild_work::column_of(m.of.kind), guild_work::intent_columns),
    m.of.community.value, plain(m.kind, "kind"), plain(m.resource, "resource"), m.of.id, plain(m.nonce, "nonce"),
    m.newest_seen.value, plain(m.fields_json, "fields"));
  return guild_work::intent_in(row);
}

done keep_checkpoint(pqxx::transaction_base& tx, const checkpoint& m) {
  lock_held(tx, m.of);
  if (const auto fields = json::parse(m.what.fields_json); !fields)
    refuse(ec::invalid, "fields of " + m.what.resource + ": " + text_of(fields.error()));
  tx.exec_params(
    fmt::format(
      "insert into {0} (community_id, {1}, kind, resource, discord_id, fields)"
      " values ($1, $2, $3, $4, $5, $6) on conflict (community_id, {1}, kind, resource)"
      " do update set discord_id = excluded.discord_id, fields = excluded.fields, done_at = clock_timestamp()",
      guild_work::resources_of(m.of.kind), guild_work::column_of(m.of.kind)),
    m.of.community.value, m.of.id, plain(m.what.kind, "kind"), plain(m.what.resource, "resource"), m.what.id.value,
    m.what.fields_json);
  tx.exec_params("delete from deployment_intents where community_id = $1 and kind = $2 and resource = $3",
                 m.of.community.value, m.what.kind, m.what.resource);
  return {};
}

conversation finish(pqxx::transaction_base& tx, const complete& m) {
  const auto row = guild_work::lock_to_end(tx, m.of, "completed");
  if (!row)
    return {};
  if (m.version != row->version)
    refuse(ec::invalid, fmt::format("the deployment is of version {}, not {}", row->version, m.version));
  guild_work::write_shadow(tx, m.of, row->version, m.shadow);
  activate(tx, m.of.community, row->version);
  boost::json::array left_over;
  for (const auto& name : m.left_over)
    left_over.emplace_back(name);
  tx.exec_params("update deployments set state = 'completed', lease_holder = null, lease_until = null, left_over = $3,"
                 " interaction_token = null, error_code = '', error_text = '', updated_at = now(), completed_at = now()"
                 " where community_id = $1 and id = $2",
                 m.of.community.value, m.of.id, json::print(left_over));
  guild_work::close_job(tx, m.of);
  audit::chain::append(
    tx, m.of.community, {"DEPLOYMENT_COMPLETED", "system", "deployment:" + m.of.id},
    boost::json::object{{"version", row->version}, {"resources", m.shadow.size()}, {"leftOver", m.left_over.size()}});
  guild_work::note_doubled(tx, m.of, m.doubled);
  for (const auto& passed :
       tx.exec_params(std::string{"select id from deployments where community_id = $1 and version < $2"
                                  " and state not in "}
                        + closed + " for no key update",
                      m.of.community.value, row->version))
    cancel(tx, m.of.community, passed[0].as<std::string>(), row->version);
  return row->conversation;
}

} // namespace arrakis::deployments::sql
