#include "adapters/postgres/guild_work/guild_work.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::postgres::guild_work {
namespace {
const char* intent_owner_of(work kind) {
  return kind == work::deployment ? "deployment_id = $2, reconciliation_id = null"
                                  : "reconciliation_id = $2, deployment_id = null";
}

/// Ends other rows of `kind` whose lease ran out; ec::busy while one has a lease then. The update is first and judges
/// the expiry itself: it waits for a renewal under way and reads the row again, so a renewal counts whole or fails.
void fence_others(pqxx::transaction_base& tx, work kind, const key& of) {
  const std::string table = table_of(kind);
  tx.exec_params("update " + table
                   + " set state = 'waiting', run = run + 1, lease_holder = null, lease_until = null"
                     " where community_id = $1 and id <> $2 and lease_until <= clock_timestamp()",
                 of.community.value, of.id);
  // Judged by the holder, not by the clock: a lease that expires only now was not ended above.
  const auto busy = tx.exec_params("select version from " + table
                                     + " where community_id = $1 and id <> $2 and lease_holder is not null",
                                   of.community.value, of.id);
  if (!busy.empty())
    refuse(ec::busy, fmt::format(fmt::runtime(kind == work::deployment ? "version {} is being deployed"
                                                                       : "a reconciliation of version {} is under way"),
                                 busy[0][0].as<int64_t>()));
}

void read_checkpoints(pqxx::transaction_base& tx, const key& of, deployments::claimed& into) {
  for (const auto& r : tx.exec_params(
         fmt::format("select kind, resource, discord_id, fields::text from {} where community_id = $1 and {} = $2"
                     " order by done_at",
                     resources_of(of.kind), column_of(of.kind)),
         of.community.value, of.id))
    into.done.push_back(
      {r[0].as<std::string>(), r[1].as<std::string>(), {r[2].as<uint64_t>()}, r[3].as<std::string>()});
}

/// Reads open intents, also those of other unfinished work: this run must find the resources they may have created.
void take_intents(pqxx::transaction_base& tx, const key& of, deployments::claimed& into) {
  for (const auto& r :
       tx.exec_params(fmt::format("update deployment_intents set {} where community_id = $1 returning {}",
                                  intent_owner_of(of.kind), intent_columns),
                      of.community.value, of.id))
    into.open.push_back(intent_in(r));
}

boost::json::value parsed(const std::string& fields_json, const std::string& resource) {
  auto fields = json::parse(fields_json);
  if (!fields)
    refuse(ec::invalid, "fields of " + resource + ": " + text_of(fields.error()));
  return std::move(*fields);
}
} // namespace

const char* table_of(work kind) { return kind == work::deployment ? "deployments" : "reconciliations"; }
const char* resources_of(work kind) {
  return kind == work::deployment ? "deployment_resources" : "reconciliation_resources";
}
const char* column_of(work kind) { return kind == work::deployment ? "deployment_id" : "reconciliation_id"; }
std::string target_of(const key& of) {
  return (of.kind == work::deployment ? "deployment:" : "reconciliation:") + of.id;
}

deployments::intent intent_in(const pqxx::row& r) {
  return {r["kind"].as<std::string>(),
          r["resource"].as<std::string>(),
          r["nonce"].as<std::string>(),
          {r["newest_seen"].as<uint64_t>()},
          r["fields"].as<std::string>()};
}

deployments::conversation conversation_in(const pqxx::row& r) {
  deployments::conversation c{.application = {r["application"].as<uint64_t>()}};
  if (r["token"].is_null())
    return c;
  c.interaction_token = secret{r["token"].as<std::string>()};
  c.token_life = std::chrono::milliseconds{r["token_life_ms"].as<int64_t>()};
  return c;
}

row_of lock(pqxx::transaction_base& tx, const key& of) {
  const auto rows = tx.exec_params(fmt::format("select state, run, version, lease_holder is not null, {} from {}"
                                               " where community_id = $1 and id = $2 for no key update",
                                               conversation_columns, table_of(of.kind)),
                                   of.community.value, plain(of.id, "id"));
  if (rows.empty())
    refuse(ec::not_found, of.kind == work::deployment ? "no such deployment" : "no such reconciliation");
  return {rows[0][0].as<std::string>(), rows[0][1].as<int64_t>(), rows[0][2].as<int64_t>(), rows[0][3].as<bool>(),
          conversation_in(rows[0])};
}

row_of lock_held(pqxx::transaction_base& tx, const key& of) {
  auto row = lock(tx, of);
  if (row.run != of.run || !row.leased)
    refuse(ec::stale, fmt::format("run {} of the {} is over; now: {}, run {}", of.run,
                                  of.kind == work::deployment ? "deployment" : "reconciliation", row.state, row.run));
  return row;
}

std::optional<row_of> lock_to_end(pqxx::transaction_base& tx, const key& of, std::string_view state) {
  lock_community(tx, of.community);
  if (const auto row = lock(tx, of); row.state == state && row.run == of.run)
    return std::nullopt;
  return lock_held(tx, of);
}

std::optional<community_state> lock_community(pqxx::transaction_base& tx, const community_id& community) {
  const auto rows = tx.exec_params("select status, fence, coalesce(discord_guild_id, 0), fence_log_number(),"
                                   " id = any (quarantined_communities()) from communities"
                                   " where id = $1 for no key update",
                                   community.value);
  if (rows.empty())
    return std::nullopt;
  const auto row = rows[0];
  return community_state{
    row[0].as<std::string>(), row[1].as<int64_t>(), row[3].as<int64_t>(), {row[2].as<uint64_t>()}, row[4].as<bool>()};
}

void refuse_idle(const community_state& c) {
  if (c.status != "active")
    refuse(ec::frozen, "the community is " + c.status);
  if (c.quarantined)
    refuse(ec::quarantined, "the community is in quarantine: see arrakisctl quarantine list");
}

void take(pqxx::transaction_base& tx, const key& of, const std::string& worker, std::chrono::milliseconds lease,
          deployments::claimed& into) {
  fence_others(tx, work::deployment, of);
  fence_others(tx, work::reconciliation, of);
  // Migration 0012: refuses nodes that do not declare it where an unfinished Apply has changed the guild.
  tx.exec("select set_config('app.reads_reconciliations', 'on', true)");
  const auto row = tx.exec_params1(
    fmt::format("update {} set state = 'running', run = run + 1, lease_holder = $3, updated_at = now(),"
                " lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond',"
                " interaction_token = case when token_until > clock_timestamp() then interaction_token end"
                " where community_id = $1 and id = $2 returning run, {}",
                table_of(of.kind), conversation_columns),
    of.community.value, of.id, plain(worker, "worker"), lease.count());
  into.run = row[0].as<int64_t>();
  into.state = "running";
  into.error.clear();
  auto conversation = conversation_in(row);
  into.interaction_token = std::move(conversation.interaction_token);
  into.token_life = conversation.token_life;
  read_checkpoints(tx, of, into);
  take_intents(tx, of, into);
}

void write_shadow(pqxx::transaction_base& tx, const key& of, int64_t version,
                  const std::vector<manifests::shadow_entry>& shadow) {
  boost::json::array resources;
  for (const auto& e : shadow)
    resources.push_back(
      {{"kind", e.kind}, {"resource", e.resource}, {"id", e.id.text()}, {"fields", parsed(e.fields_json, e.resource)}});
  const auto canonical = canonical_json(resources);
  if (!canonical)
    refuse(ec::invalid, "shadow state: " + text_of(canonical.error()));
  tx.exec_params("update shadow_states set status = 'superseded' where community_id = $1 and status = 'applied'",
                 of.community.value);
  tx.exec_params("insert into shadow_states (community_id, manifest_version, applied_by, resources, checksum)"
                 " values ($1, $2, $3, $4, $5)",
                 of.community.value, version, target_of(of), json::print(resources), sha256_hex(*canonical));
  // Intents for resources that this version lacks stay open: their creates may have taken effect, and a later version
  // with the resource must find them.
  tx.exec_params("delete from deployment_intents where community_id = $1 and (kind, resource) in"
                 " (select r->>'kind', r->>'resource' from json_array_elements($2::json) r)",
                 of.community.value, json::print(resources));
}

void close_job(pqxx::transaction_base& tx, const key& of) {
  if (of.kind == work::reconciliation)
    return outbox::close_job(tx, of.community, job_of_reconciliation(of.id));
  tx.exec_params("update outbox set closed_at = clock_timestamp() where community_id = $1 and deployment_id = $2"
                 " and kind = 'enqueue_job' and closed_at is null",
                 of.community.value, of.id);
}

std::string job_of_reconciliation(const std::string& id) { return "reconcile-" + id; }

deployments::conversation give_up(pqxx::transaction_base& tx, const deployments::abandon& m) {
  const auto* state = m.final_state ? "failed" : "waiting";
  const auto row = lock_to_end(tx, m.of, state);
  if (!row)
    return {};
  const auto code = excerpt(m.error_code, 100);
  tx.exec_params(fmt::format("update {} set state = $3, error_code = $4, error_text = $5, lease_holder = null,"
                             " lease_until = null, updated_at = now(),"
                             " interaction_token = case when $6 then null else interaction_token end,"
                             " completed_at = case when $6 then now() end where community_id = $1 and id = $2",
                             table_of(m.of.kind)),
                 m.of.community.value, m.of.id, state, code, excerpt(m.error_text), m.final_state);
  if (!m.final_state)
    return row->conversation;
  close_job(tx, m.of);
  const auto* event = m.of.kind == work::deployment ? "DEPLOYMENT_FAILED" : "RECONCILIATION_FAILED";
  audit::chain::append(tx, m.of.community, {event, "system", target_of(m.of)},
                       boost::json::object{{"version", row->version}, {"code", code}});
  return row->conversation;
}

void note_doubled(pqxx::transaction_base& tx, const key& of, const std::vector<deployments::doubled_resource>& list) {
  for (const auto& d : list)
    audit::chain::append(tx, of.community, {"CREATED_TWICE", "system", target_of(of)},
                         boost::json::object{{"kind", d.kind}, {"id", d.id.text()}, {"used", d.used.text()}});
}
} // namespace arrakis::postgres::guild_work
