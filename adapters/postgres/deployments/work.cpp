// The worker's side: lease, intents, checkpoints, end. `run` fences every write: what an older holder sends is stale.
#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/deployments/sql.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::deployments::sql {
namespace {
using postgres::plain;
using postgres::refuse;

constexpr const char* closed = "('completed', 'failed', 'cancelled')";

struct row_of {
  std::string state;
  int64_t run = 0;
  int64_t version = 0;
  bool leased = false;
};

/// Locks the deployment. ec::not_found when there is none.
row_of lock(pqxx::transaction_base& tx, const key& of) {
  const auto rows = tx.exec_params("select state, run, version, lease_holder is not null from deployments"
                                   " where community_id = $1 and id = $2 for no key update",
                                   of.community.value, plain(of.deployment, "deployment"));
  if (rows.empty())
    refuse(ec::not_found, "no such deployment");
  return {rows[0][0].as<std::string>(), rows[0][1].as<int64_t>(), rows[0][2].as<int64_t>(), rows[0][3].as<bool>()};
}

/// The same for a holder's write: only the run that has the lease may go on.
row_of lock_held(pqxx::transaction_base& tx, const key& of) {
  auto row = lock(tx, of);
  if (row.run != of.run || !row.leased)
    refuse(ec::stale, fmt::format("run {} of the deployment is over; now: {}, run {}", of.run, row.state, row.run));
  return row;
}

/// Read without a lock, since others lock the community before the deployment; a freeze that commits at this moment is
/// the board's to see.
void refuse_frozen(pqxx::transaction_base& tx, const record_intent& m) {
  const auto now = tx.exec_params1("select status, fence from communities where id = $1", m.of.community.value);
  if (const auto status = now[0].as<std::string>(); status != "active")
    refuse(ec::frozen, "the community is " + status);
  if (m.fence && *m.fence != now[1].as<int64_t>())
    refuse(ec::frozen, "the community was frozen since this work began");
}

void lock_community(pqxx::transaction_base& tx, const community_id& community) {
  tx.exec_params("select 1 from communities where id = $1 for no key update", community.value);
}

/// Ends a version that a newer, completed one has passed over.
void cancel(pqxx::transaction_base& tx, const community_id& community, const std::string& id, int64_t by) {
  tx.exec_params(
    "update deployments set state = 'cancelled', error_code = 'SUPERSEDED', error_text = $3, run = run + 1,"
    " lease_holder = null, lease_until = null, interaction_token = null, updated_at = now(), completed_at = now()"
    " where community_id = $1 and id = $2",
    community.value, id, fmt::format("version {} was completed before", by));
  close_job(tx, community, id);
  audit::chain::append(tx, community, {"DEPLOYMENT_SUPERSEDED", "system", "deployment:" + id},
                       boost::json::object{{"by", by}});
}

/// Only one version at a time works on a guild. A lease of another version that ran out ends here, so that its holder,
/// should it wake up, is stale.
void fence_others(pqxx::transaction_base& tx, const community_id& community, const std::string& id) {
  const auto busy = tx.exec_params("select version from deployments where community_id = $1 and id <> $2"
                                   " and lease_until > clock_timestamp()",
                                   community.value, id);
  if (!busy.empty())
    refuse(ec::busy, fmt::format("version {} is being deployed", busy[0][0].as<int64_t>()));
  tx.exec_params("update deployments set state = 'waiting', run = run + 1, lease_holder = null, lease_until = null"
                 " where community_id = $1 and id <> $2 and lease_holder is not null",
                 community.value, id);
}

void read_work(pqxx::transaction_base& tx, const community_id& community, claimed& result) {
  for (const auto& r : tx.exec_params("select kind, resource, discord_id, fields::text from deployment_resources"
                                      " where community_id = $1 and deployment_id = $2 order by done_at",
                                      community.value, result.deployment))
    result.done.push_back(
      {r[0].as<std::string>(), r[1].as<std::string>(), {r[2].as<uint64_t>()}, r[3].as<std::string>()});
  // Also those of an earlier version that never finished: what it may have made in the guild is now ours to find.
  for (const auto& r : tx.exec_params("update deployment_intents set deployment_id = $2 where community_id = $1"
                                      " returning kind, resource, nonce, coalesce(newest_seen, 0)",
                                      community.value, result.deployment))
    result.open.push_back(
      {r[0].as<std::string>(), r[1].as<std::string>(), r[2].as<std::string>(), {r[3].as<uint64_t>()}});
}

boost::json::value parsed(const std::string& fields_json, const std::string& resource) {
  auto fields = json::parse(fields_json);
  if (!fields)
    refuse(ec::invalid, "fields of " + resource + ": " + text_of(fields.error()));
  return std::move(*fields);
}

void write_shadow(pqxx::transaction_base& tx, const complete& m, int64_t version) {
  boost::json::array resources;
  for (const auto& e : m.shadow)
    resources.push_back(
      {{"kind", e.kind}, {"resource", e.resource}, {"id", e.id.text()}, {"fields", parsed(e.fields_json, e.resource)}});
  const auto canonical = canonical_json(resources);
  if (!canonical)
    refuse(ec::invalid, "shadow state: " + text_of(canonical.error()));
  tx.exec_params("update shadow_states set status = 'superseded' where community_id = $1 and status = 'applied'",
                 m.of.community.value);
  tx.exec_params("insert into shadow_states (community_id, manifest_version, applied_by, resources, checksum)"
                 " values ($1, $2, $3, $4, $5)",
                 m.of.community.value, version, "deployment:" + m.of.deployment, json::print(resources),
                 sha256_hex(*canonical));
  // An intent of an earlier version for what this one does not have stays open: its create may have had its effect, and
  // a later version that wants the resource again must find it.
  tx.exec_params("delete from deployment_intents where community_id = $1 and (kind, resource) in"
                 " (select r->>'kind', r->>'resource' from json_array_elements($2::json) r)",
                 m.of.community.value, json::print(resources));
}

void activate(pqxx::transaction_base& tx, const community_id& community, int64_t version) {
  tx.exec_params("update manifests set is_active = false where community_id = $1 and is_active", community.value);
  tx.exec_params(
    "update manifests set is_active = true, synthesized_at = now() where community_id = $1 and version = $2",
    community.value, version);
}
} // namespace

void close_job(pqxx::transaction_base& tx, const community_id& community, const std::string& deployment) {
  tx.exec_params("update outbox set closed_at = clock_timestamp() where community_id = $1 and deployment_id = $2"
                 " and kind = 'enqueue_job' and closed_at is null",
                 community.value, deployment);
}

claimed take_lease(pqxx::transaction_base& tx, const claim& m) {
  const auto community = tx.exec_params("select status, fence, coalesce(discord_guild_id, 0), fence_log_number(),"
                                        " id = any (quarantined_communities()) from communities"
                                        " where id = $1 for no key update",
                                        m.community.value);
  const auto rows = tx.exec_params(
    "select id, state, error_text, application_id, lease_holder <> $3 and lease_until > clock_timestamp() as taken,"
    " case when token_until > clock_timestamp() then interaction_token end as token,"
    " (select max(o.version) from deployments o where o.community_id = d.community_id and o.version > d.version"
    "  and o.state = 'completed') as passed_by,"
    " (select (extract(epoch from clock_timestamp() - max(o.created_at)) * 1000)::bigint from outbox o"
    "  where o.community_id = d.community_id and o.deployment_id = d.id and o.kind = 'enqueue_job'"
    "  and o.closed_at is null) as owed_ms"
    " from deployments d where community_id = $1 and version = $2 for no key update",
    m.community.value, m.version, plain(m.worker, "worker"));
  if (community.empty() || rows.empty())
    refuse(ec::not_found, fmt::format("there is no deployment of version {}", m.version));
  const auto row = rows[0];
  claimed result{.deployment = row["id"].as<std::string>(),
                 .state = row["state"].as<std::string>(),
                 .fence = community[0][1].as<int64_t>(),
                 .fences_as_of = community[0][3].as<int64_t>(),
                 .guild = {community[0][2].as<uint64_t>()},
                 .application = {row["application_id"].is_null() ? 0 : row["application_id"].as<uint64_t>()},
                 .error = row["error_text"].as<std::string>()};
  if (result.state == "completed" || result.state == "failed" || result.state == "cancelled")
    return result;
  if (!row["passed_by"].is_null()) {
    cancel(tx, m.community, result.deployment, row["passed_by"].as<int64_t>());
    result.state = "cancelled";
    return result;
  }
  if (const auto status = community[0][0].as<std::string>(); status != "active")
    refuse(ec::frozen, "the community is " + status);
  if (community[0][4].as<bool>())
    refuse(ec::quarantined, "the community is in quarantine: see arrakisctl quarantine list");
  if (!row["taken"].is_null() && row["taken"].as<bool>())
    refuse(ec::busy, "another worker has the lease");
  fence_others(tx, m.community, result.deployment);
  result.run = tx.exec_params1(
                   "update deployments set state = 'running', run = run + 1, lease_holder = $3, updated_at = now(),"
                   " lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond',"
                   " interaction_token = case when token_until > clock_timestamp() then interaction_token end"
                   " where community_id = $1 and id = $2 returning run",
                   m.community.value, result.deployment, m.worker, m.lease.count())[0]
                 .as<int64_t>();
  result.state = "running";
  result.error.clear();
  if (!row["owed_ms"].is_null())
    result.owed_for = std::chrono::milliseconds{row["owed_ms"].as<int64_t>()};
  if (!row["token"].is_null())
    result.interaction_token = secret{row["token"].as<std::string>()};
  read_work(tx, m.community, result);
  return result;
}

done renew_lease(pqxx::transaction_base& tx, const renew& m) {
  const auto held = tx.exec_params(
    "update deployments set lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond'"
    " where community_id = $1 and id = $2 and run = $3 and lease_holder is not null",
    m.of.community.value, plain(m.of.deployment, "deployment"), m.of.run, m.lease.count());
  if (held.affected_rows() == 0)
    lock_held(tx, m.of); // Says which: stale or not found.
  return {};
}

intent keep_intent(pqxx::transaction_base& tx, const record_intent& m) {
  lock_held(tx, m.of);
  refuse_frozen(tx, m);
  tx.exec_params("insert into deployment_intents (community_id, kind, resource, deployment_id, nonce, newest_seen)"
                 " values ($1, $2, $3, $4, $5, nullif($6::bigint, 0)) on conflict do nothing",
                 m.of.community.value, plain(m.kind, "kind"), plain(m.resource, "resource"), m.of.deployment,
                 plain(m.nonce, "nonce"), m.newest_seen.value);
  const auto row = tx.exec_params1("select kind, resource, nonce, coalesce(newest_seen, 0)"
                                   " from deployment_intents where community_id = $1 and kind = $2 and resource = $3",
                                   m.of.community.value, m.kind, m.resource);
  return {row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(), {row[3].as<uint64_t>()}};
}

done keep_checkpoint(pqxx::transaction_base& tx, const checkpoint& m) {
  lock_held(tx, m.of);
  parsed(m.what.fields_json, m.what.resource);
  tx.exec_params(
    "insert into deployment_resources (community_id, deployment_id, kind, resource, discord_id, fields)"
    " values ($1, $2, $3, $4, $5, $6) on conflict (community_id, deployment_id, kind, resource)"
    " do update set discord_id = excluded.discord_id, fields = excluded.fields, done_at = clock_timestamp()",
    m.of.community.value, m.of.deployment, plain(m.what.kind, "kind"), plain(m.what.resource, "resource"),
    m.what.id.value, m.what.fields_json);
  tx.exec_params("delete from deployment_intents where community_id = $1 and kind = $2 and resource = $3",
                 m.of.community.value, m.what.kind, m.what.resource);
  return {};
}

done finish(pqxx::transaction_base& tx, const complete& m) {
  lock_community(tx, m.of.community);
  if (const auto row = lock(tx, m.of); row.state == "completed" && row.run == m.of.run)
    return {}; // The first answer was lost; it stands.
  const auto row = lock_held(tx, m.of);
  if (m.version != row.version)
    refuse(ec::invalid, fmt::format("the deployment is of version {}, not {}", row.version, m.version));
  write_shadow(tx, m, row.version);
  activate(tx, m.of.community, row.version);
  boost::json::array left_over;
  for (const auto& name : m.left_over)
    left_over.emplace_back(name);
  tx.exec_params("update deployments set state = 'completed', lease_holder = null, lease_until = null, left_over = $3,"
                 " interaction_token = null, error_code = '', error_text = '', updated_at = now(), completed_at = now()"
                 " where community_id = $1 and id = $2",
                 m.of.community.value, m.of.deployment, json::print(left_over));
  close_job(tx, m.of.community, m.of.deployment);
  audit::chain::append(
    tx, m.of.community, {"DEPLOYMENT_COMPLETED", "system", "deployment:" + m.of.deployment},
    boost::json::object{{"version", row.version}, {"resources", m.shadow.size()}, {"leftOver", m.left_over.size()}});
  for (const auto& passed :
       tx.exec_params(std::string{"select id from deployments where community_id = $1 and version < $2"
                                  " and state not in "}
                        + closed + " for no key update",
                      m.of.community.value, row.version))
    cancel(tx, m.of.community, passed[0].as<std::string>(), row.version);
  return {};
}

done give_up(pqxx::transaction_base& tx, const abandon& m) {
  lock_community(tx, m.of.community);
  const auto* state = m.final_state ? "failed" : "waiting";
  if (const auto row = lock(tx, m.of); row.state == state && row.run == m.of.run)
    return {}; // The first answer was lost; it stands.
  const auto row = lock_held(tx, m.of);
  const auto code = postgres::excerpt(m.error_code, 100);
  tx.exec_params("update deployments set state = $3, error_code = $4, error_text = $5, lease_holder = null,"
                 " lease_until = null, updated_at = now() where community_id = $1 and id = $2",
                 m.of.community.value, m.of.deployment, state, code, postgres::excerpt(m.error_text));
  if (!m.final_state)
    return {};
  tx.exec_params(
    "update deployments set interaction_token = null, completed_at = now() where community_id = $1 and id = $2",
    m.of.community.value, m.of.deployment);
  close_job(tx, m.of.community, m.of.deployment);
  audit::chain::append(tx, m.of.community, {"DEPLOYMENT_FAILED", "system", "deployment:" + m.of.deployment},
                       boost::json::object{{"version", row.version}, {"code", code}});
  return {};
}
} // namespace arrakis::deployments::sql
