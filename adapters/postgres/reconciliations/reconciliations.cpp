#include "adapters/postgres/reconciliations/reconciliations.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/guild_work/guild_work.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::reconciliations {
namespace {
using deployments::key;
using postgres::plain;
using postgres::refuse;
namespace guild_work = postgres::guild_work;

key key_of(const community_id& community, const std::string& id) {
  return {community, id, 0, deployments::work::reconciliation};
}

void check(const request& m) {
  if (m.key.empty() || m.key.size() > 200)
    refuse(ec::invalid, "field 'key': 1 to 200 bytes");
  plain(m.key, "key");
  plain(m.plan_json, "plan_json");
}

/// Open, and nobody has worked at it for minutes: its job waits in a queue that is paused or full, or has ended without
/// recording an end (its attempts were used up, or the queue has lost it). Which of them only the queue knows. Work
/// that waits may have been told to, for an hour at most (actors/jobs/guild_work: retry_after_max).
constexpr const char* is_idle =
  "(state in ('pending', 'running', 'waiting') and greatest(created_at, updated_at, lease_until)"
  " < clock_timestamp() - case when state = 'waiting' then interval '70 minutes' else interval '10 minutes' end)";

/// Ends an idle one whose job the queue does not have, so that another Apply may begin. Should its job come back, it
/// finds the end; should its worker wake up, its run is over.
void end_idle(pqxx::transaction_base& tx, const community_id& community) {
  for (const auto& row : tx.exec_params(
         fmt::format("update reconciliations set state = 'failed', run = run + 1, error_code = 'END_NOT_RECORDED',"
                     " error_text = 'Nobody had worked at it any more, and its end was not recorded.',"
                     " lease_holder = null, lease_until = null, interaction_token = null, updated_at = now(),"
                     " completed_at = now() where community_id = $1 and {} returning id, version, error_code",
                     is_idle),
         community.value)) {
    const auto of = key_of(community, row[0].as<std::string>());
    guild_work::close_job(tx, of);
    audit::chain::append(tx, community, {"RECONCILIATION_FAILED", "system", guild_work::target_of(of)},
                         boost::json::object{{"version", row[1].as<int64_t>()}, {"code", row[2].as<std::string>()}});
  }
}

/// Reason why no request is possible now; empty: possible.
void refuse_busy(pqxx::transaction_base& tx, const request& m) {
  const auto now = tx.exec_params1(
    "select (select coalesce(max(version), 0) from manifests where community_id = $1 and is_active),"
    " exists (select from deployments where community_id = $1 and state in ('pending', 'running', 'waiting')),"
    " exists (select from reconciliations where community_id = $1 and state in ('pending', 'running', 'waiting'))",
    m.community.value);
  if (now[1].as<bool>())
    refuse(ec::conflict, "A deployment is running, so nothing was applied. `/resume` shows how far it is; use "
                         "`/reconcile` again once it has ended.");
  if (now[2].as<bool>() || m.plan_json.empty())
    refuse(ec::conflict,
           "An earlier Apply is still running, so nothing was applied. `/reconcile` shows how it stands.");
  if (now[0].as<int64_t>() != m.version)
    refuse(ec::conflict, fmt::format("Version {} was deployed since this plan was made, so nothing was applied. "
                                     "`/reconcile` makes a new plan.",
                                     now[0].as<int64_t>()));
}

std::string insert(pqxx::transaction_base& tx, const request& m) {
  std::string id;
  m.interaction_token.lend([&](std::string_view token) {
    postgres::check_text(token, "interaction_token");
    const bool kept = !token.empty() && m.token_life.count() > 0;
    id = tx.exec_params1("insert into reconciliations (community_id, version, idempotency_key, plan, plan_sha256,"
                         " application_id, interaction_token, token_until) values ($1, $2, $3, $4, $5,"
                         " nullif($6::bigint, 0), $7, clock_timestamp() + $8::bigint * interval '1 millisecond')"
                         " returning id",
                         m.community.value, m.version, m.key, m.plan_json, m.plan_sha256, m.application.value,
                         kept ? token.data() : nullptr, m.token_life.count())[0]
           .as<std::string>();
  });
  return id;
}

void owe_job(pqxx::transaction_base& tx, const request& m, const std::string& id) {
  boost::json::object data{{"communityId", m.community.value}, {"version", m.version}, {"reconciliation", id}};
  if (!m.trace.empty())
    data["trace"] = m.trace;
  outbox::owe_job(tx, m.community, {"RECONCILE_GUILD", guild_work::job_of_reconciliation(id), std::move(data)});
}

requested request_one(pqxx::transaction_base& tx, const request& m) {
  check(m);
  const auto community = guild_work::lock_community(tx, m.community);
  if (!community)
    refuse(ec::not_found, "there is no such community");
  const auto before = tx.exec_params("select id from reconciliations where community_id = $1 and idempotency_key = $2",
                                     m.community.value, m.key);
  if (!before.empty()) {
    auto id = before[0][0].as<std::string>();
    auto job = guild_work::job_of_reconciliation(id);
    return {std::move(id), std::move(job), true};
  }
  if (community->status != "active")
    refuse(ec::frozen, fmt::format("This community is {}, so nothing was applied.", community->status));
  if (m.ends_idle && !m.plan_json.empty())
    end_idle(tx, m.community);
  refuse_busy(tx, m);
  auto id = insert(tx, m);
  owe_job(tx, m, id);
  auto job = guild_work::job_of_reconciliation(id);
  audit::chain::append(
    tx, m.community,
    {"RECONCILIATION_REQUESTED", "discord:" + m.admin.text(), guild_work::target_of(key_of(m.community, id))},
    boost::json::object{{"version", m.version}, {"sha256", m.plan_sha256}, {"job", job}});
  return {std::move(id), std::move(job), false};
}

/// Ends it for another reason than its own failure. `text` is for the admin, and so is the token, which stays for the
/// rest of its life: a later claim informs the admin again, since the first holder may have died before.
void cancel(pqxx::transaction_base& tx, const key& of, const char* code, const std::string& text, const char* event,
            boost::json::object payload) {
  tx.exec_params(
    "update reconciliations set state = 'cancelled', error_code = $3, error_text = $4, lease_holder = null,"
    " lease_until = null, updated_at = now(), completed_at = now() where community_id = $1 and id = $2",
    of.community.value, of.id, code, text);
  guild_work::close_job(tx, of);
  audit::chain::append(tx, of.community, {event, "system", guild_work::target_of(of)}, payload);
}

pqxx::result locked_row(pqxx::transaction_base& tx, const claim& m) {
  return tx.exec_params(
    "select version, state, error_text, coalesce(application_id, 0) as application,"
    " coalesce(lease_holder <> $3 and lease_until > clock_timestamp(), false) as taken, plan::text as plan, "
    "plan_sha256,"
    " case when token_until > clock_timestamp() then interaction_token end as token,"
    " began_at is not null as began, (extract(epoch from clock_timestamp() - created_at) * 1000)::bigint as owed_ms,"
    " (select max(a.version) from manifests a where a.community_id = r.community_id and a.is_active) as active"
    " from reconciliations r where community_id = $1 and id = $2 for no key update",
    m.community.value, plain(m.reconciliation, "reconciliation"), plain(m.worker, "worker"));
}

/// Text for the admin: a newer version is active.
std::string describe_superseded(int64_t by, bool began) {
  return began
         ? fmt::format("Version {} was deployed before this Apply had ended, so the rest of its plan is not "
                       "applied. What it had made stays and is used.",
                       by)
         : fmt::format("Version {} was deployed before this Apply began, so nothing of its plan was applied.", by);
}

/// Data with which the claiming worker informs the admin about a cancelled reconciliation.
claimed answer_cancelled(claimed out, const guild_work::community_state& community, const pqxx::row& row) {
  out.work.state = "cancelled";
  out.work.fence = community.fence;
  out.work.fences_as_of = community.fences_as_of;
  out.work.application = {row["application"].as<uint64_t>()};
  if (!row["token"].is_null())
    out.work.interaction_token = secret{row["token"].as<std::string>()};
  return out;
}

claimed take_lease(pqxx::transaction_base& tx, const claim& m) {
  const auto community = guild_work::lock_community(tx, m.community);
  const auto rows = locked_row(tx, m);
  if (!community || rows.empty())
    refuse(ec::not_found, "there is no such reconciliation");
  const auto row = rows[0];
  claimed out{.version = row["version"].as<int64_t>(),
              .plan_json = row["plan"].as<std::string>(),
              .plan_sha256 = row["plan_sha256"].as<std::string>(),
              .began = row["began"].as<bool>()};
  auto& work = out.work;
  work.deployment = m.reconciliation;
  work.state = row["state"].as<std::string>();
  work.error = row["error_text"].as<std::string>();
  if (work.state == "cancelled")
    return answer_cancelled(std::move(out), *community, row);
  if (work.state == "completed" || work.state == "failed")
    return out;
  const auto of = key_of(m.community, m.reconciliation);
  if (const auto active = row["active"].is_null() ? 0 : row["active"].as<int64_t>(); active != out.version) {
    work.error = describe_superseded(active, out.began);
    cancel(tx, of, "SUPERSEDED", work.error, "RECONCILIATION_SUPERSEDED", {{"by", active}});
    return answer_cancelled(std::move(out), *community, row);
  }
  guild_work::refuse_idle(*community);
  if (row["taken"].as<bool>())
    refuse(ec::busy, "another worker has the lease");
  work.fence = community->fence;
  work.fences_as_of = community->fences_as_of;
  work.guild = community->guild;
  work.application = {row["application"].as<uint64_t>()};
  work.owed_for = std::chrono::milliseconds{row["owed_ms"].as<int64_t>()};
  guild_work::take(tx, of, m.worker, m.lease, work);
  return out;
}

done note_begin(pqxx::transaction_base& tx, const begin& m) {
  guild_work::lock_held(tx, m.of);
  tx.exec_params("update reconciliations set began_at = coalesce(began_at, now()) where community_id = $1 and id = $2",
                 m.of.community.value, m.of.id);
  return {};
}

done end_outdated(pqxx::transaction_base& tx, const outdate& m) {
  const auto row = guild_work::lock_to_end(tx, m.of, "cancelled");
  if (row)
    cancel(tx, m.of, "PLAN_OUTDATED", "The server changed after the plan was shown, so nothing was applied.",
           "RECONCILIATION_OUTDATED", {{"version", row->version}});
  return {};
}

deployments::conversation finish(pqxx::transaction_base& tx, const complete& m) {
  const auto row = guild_work::lock_to_end(tx, m.of, "completed");
  if (!row)
    return {};
  guild_work::write_shadow(tx, m.of, row->version, m.shadow);
  tx.exec_params("update reconciliations set state = 'completed', lease_holder = null, lease_until = null,"
                 " interaction_token = null, error_code = '', error_text = '', updated_at = now(), completed_at = now()"
                 " where community_id = $1 and id = $2",
                 m.of.community.value, m.of.id);
  guild_work::close_job(tx, m.of);
  const auto changed = tx.exec_params1(
    "select count(*) from reconciliation_resources where community_id = $1 and reconciliation_id = $2",
    m.of.community.value, m.of.id)[0];
  audit::chain::append(tx, m.of.community, {"RECONCILIATION_COMPLETED", "system", guild_work::target_of(m.of)},
                       boost::json::object{{"version", row->version}, {"resources", changed.as<int64_t>()}});
  guild_work::note_doubled(tx, m.of, m.doubled);
  return row->conversation;
}

status_of read_status(pqxx::transaction_base& tx, const status& m) {
  const auto rows = tx.exec_params(
    fmt::format("select id, version, state, error_code, error_text, (select count(*) from reconciliation_resources s"
                " where s.community_id = r.community_id and s.reconciliation_id = r.id), {},"
                " not exists (select from outbox o where o.community_id = r.community_id and o.kind = 'enqueue_job'"
                "  and o.key = 'reconcile-' || r.id and o.closed_at is null and o.sent_at is null)"
                " from reconciliations r where community_id = $1 order by created_at desc limit 1",
                is_idle),
    m.community.value);
  if (rows.empty())
    refuse(ec::not_found, "nothing was reconciled yet");
  const auto row = rows[0];
  auto id = row[0].as<std::string>();
  auto job = guild_work::job_of_reconciliation(id);
  return {std::move(id),
          row[1].as<int64_t>(),
          row[2].as<std::string>(),
          row[3].as<std::string>(),
          row[4].as<std::string>(),
          row[5].as<size_t>(),
          row[6].as<bool>(),
          std::move(job),
          row[7].as<bool>()};
}

struct state {
  state() = default;
  static inline const char* name = "reconciliations";
  postgres::handle pool;
};
using pointer = handle::stateful_pointer<state>;

template <class Message, class R>
auto transact(pointer self, const char* name, R (*body)(pqxx::transaction_base&, const Message&)) {
  return [self, name, body](const Message& m) -> caf::result<R> {
    const auto tenant = [&] {
      if constexpr (requires { m.community; })
        return m.community;
      else
        return m.of.community;
    }();
    return postgres::run<R>(self, self->state.pool, name, tenant, m.until,
                            [m, body](pqxx::transaction_base& tx) { return body(tx, m); });
  };
}

handle::behavior_type behavior(pointer self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {transact<request>(self, "reconciliations.request", request_one),
          transact<claim>(self, "reconciliations.claim", take_lease),
          transact<begin>(self, "reconciliations.begin", note_begin),
          transact<outdate>(self, "reconciliations.outdate", end_outdated),
          transact<complete>(self, "reconciliations.complete", finish),
          transact<status>(self, "reconciliations.status", read_status)};
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"reconciliations"}, behavior, std::move(pool));
}
} // namespace arrakis::reconciliations
