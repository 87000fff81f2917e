// Transactions of the admin's side: prepare, submit, retry, status.
#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/deployments/sql.hpp"
#include "adapters/postgres/frozen_reason.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::deployments::sql {
namespace {
using postgres::act_as;
using postgres::plain;
using postgres::refuse;

std::optional<community_id> owner_of(pqxx::transaction_base& tx, snowflake guild) {
  const auto row = tx.exec_params1("select community_of_guild($1)", guild.value);
  return row[0].is_null() ? std::nullopt : std::optional{community_id{row[0].as<std::string>()}};
}

struct newest {
  int64_t version = 0;
  std::string sha256;
};
newest newest_version(pqxx::transaction_base& tx, const community_id& community) {
  const auto rows = tx.exec_params("select version, sha256 from manifests where community_id = $1"
                                   " order by version desc limit 1",
                                   community.value);
  return rows.empty() ? newest{} : newest{rows[0][0].as<int64_t>(), rows[0][1].as<std::string>()};
}

/// Answer to an earlier request with this key.
std::optional<submitted> earlier(pqxx::transaction_base& tx, const community_id& community, const std::string& key) {
  const auto rows = tx.exec_params("select id, version, attempt from deployments where community_id = $1 and"
                                   " idempotency_key = $2",
                                   community.value, key);
  if (rows.empty())
    return std::nullopt;
  const auto id = rows[0][0].as<std::string>();
  return submitted{id, community, rows[0][1].as<int64_t>(), job_id(id, rows[0][2].as<int>()), true};
}

void check(const submit& m) {
  if (m.key.empty() || m.key.size() > 200)
    refuse(ec::invalid, "field 'key': 1 to 200 bytes");
  if (!parse_community_id(m.community.value))
    refuse(ec::invalid, "field 'community': a UUID other than nil");
  if (!m.guild)
    refuse(ec::invalid, "field 'guild': a snowflake");
  plain(m.key, "key");
  plain(m.community_name, "community_name");
  plain(m.theme_id, "theme_id");
  plain(m.manifest.canonical, "manifest");
}

/// Inserts the community row unless it exists. Returns the owner of the guild afterwards: a concurrent submit for the
/// same guild may have been first, and the insert waits for its commit.
community_id connect(pqxx::transaction_base& tx, const submit& m) {
  if (const auto owner = owner_of(tx, m.guild))
    return *owner;
  const auto made = tx.exec_params(
    "insert into communities (id, name, theme_id, discord_guild_id) values ($1, $2, $3, $4)"
    " on conflict do nothing returning id",
    m.community.value, m.community_name, m.theme_id, m.guild.value);
  if (!made.empty())
    return m.community;
  if (const auto owner = owner_of(tx, m.guild))
    return *owner;
  refuse(ec::conflict, "this community belongs to another guild");
}

/// Locks and updates the community; reactivates a deactivated one, with a new fence.
void update_community(pqxx::transaction_base& tx, const submit& m) {
  const auto row = tx.exec_params1("select status from communities where id = $1 for no key update", m.community.value);
  if (row[0].as<std::string>() == "frozen")
    refuse(ec::frozen, "the community is frozen");
  tx.exec_params("update communities set name = $2, theme_id = $3, updated_at = now(),"
                 " fence = fence + (status <> 'active')::int, status = 'active' where id = $1",
                 m.community.value, m.community_name, m.theme_id);
}

/// Refuses a stale base: when two admins edit at once, the second must see the first one's version. An open one counts:
/// it becomes the active one unless it fails.
void check_base(pqxx::transaction_base& tx, const submit& m) {
  if (!m.base_version)
    return;
  const auto standing = tx.exec_params1("select coalesce(max(version), 0) from deployments where community_id = $1"
                                        " and state not in ('failed', 'cancelled')",
                                        m.community.value)[0]
                          .as<int64_t>();
  if (standing != *m.base_version)
    refuse(ec::stale,
           fmt::format("This plan was made from version {}, and version {} was deployed since. Start anew to "
                       "change what the community has become.",
                       *m.base_version, standing));
}

/// Opaque subject id of the admin; creates the profile when it is missing.
std::string subject_of(pqxx::transaction_base& tx, const community_id& community, snowflake admin) {
  if (!admin)
    return "system";
  return tx
    .exec_params1("insert into profiles (community_id, discord_id) values ($1, $2)"
                  " on conflict (community_id, discord_id) do update set last_seen_at = now(), updated_at = now()"
                  " returning id",
                  community.value, admin.value)[0]
    .as<std::string>();
}

void store_manifest(pqxx::transaction_base& tx, const submit& m, const std::string& subject) {
  const auto& r = m.manifest;
  const auto last = newest_version(tx, m.community);
  if (r.version != last.version + 1 || r.previous_sha256 != last.sha256)
    refuse(ec::conflict, fmt::format("version {} does not follow version {}: prepare again", r.version, last.version));
  tx.exec_params(
    "insert into manifests (community_id, version, content, canonical, sha256, previous_sha256, signature,"
    " signed_at, synthesized_by) values ($1, $2, $3::text::jsonb, convert_to($3::text, 'UTF8'), $4, $5, $6, $7, $8)",
    m.community.value, r.version, r.canonical, r.sha256, r.previous_sha256, plain(r.signature, "signature"),
    plain(r.created_at, "created_at"), r.created_by.empty() ? subject : plain(r.created_by, "created_by"));
}

/// Passes the token as a parameter of a statement; null without a token, so that no row without an expiry is stored.
template <class Use>
void with_token(const conversation& c, Use use) {
  c.interaction_token.lend([&](std::string_view text) {
    postgres::check_text(text, "interaction_token");
    use(text.empty() || c.token_life.count() <= 0 ? nullptr : text.data());
  });
}

std::string nothing_of(int64_t version) {
  return version == 0 ? "nothing was deployed yet" : "there is no deployment of version " + std::to_string(version);
}
} // namespace

std::string job_id(const std::string& deployment, int attempt) {
  return "synth-" + deployment + (attempt > 0 ? "-" + std::to_string(attempt) : "");
}

void owe_job(pqxx::transaction_base& tx, const community_id& community, const std::string& deployment, int64_t version,
             const std::string& job, const std::string& trace) {
  boost::json::object data{{"communityId", community.value}, {"version", version}, {"deployment", deployment}};
  if (!trace.empty())
    data["trace"] = trace;
  outbox::owe_job(tx, community, {"SYNTHESIZE_COMMUNITY", job, std::move(data), deployment});
}

prepared prepare_next(pqxx::transaction_base& tx, const prepare& m) {
  const auto owner = owner_of(tx, m.guild);
  if (!owner)
    return {.community = {random_uuid()}};
  act_as(tx, *owner);
  const auto last = newest_version(tx, *owner);
  const auto status =
    tx.exec_params1("select status from communities where id = $1", owner->value)[0].as<std::string>();
  return {*owner, true, status, last.version + 1, last.sha256};
}

submitted submit_version(pqxx::transaction_base& tx, const submit& m) {
  check(m);
  if (const auto owner = connect(tx, m); owner != m.community) {
    // A repeated click may have prepared twice with two ids; then the first result is the answer.
    act_as(tx, owner);
    if (auto before = earlier(tx, owner, m.key))
      return std::move(*before);
    refuse(ec::conflict, "this guild is already connected to a community");
  }
  tx.exec_params("select 1 from communities where id = $1 for no key update", m.community.value);
  if (auto before = earlier(tx, m.community, m.key))
    return std::move(*before);
  check_base(tx, m);
  update_community(tx, m);
  const auto subject = subject_of(tx, m.community, m.admin);
  store_manifest(tx, m, subject);
  std::string id;
  with_token({m.application, m.interaction_token, m.token_life}, [&](const char* token) {
    id = tx.exec_params1("insert into deployments (community_id, version, idempotency_key, application_id, "
                         "interaction_token, token_until)"
                         " values ($1, $2, $3, nullif($4::bigint, 0), $5, clock_timestamp() + $6::bigint * "
                         "interval '1 millisecond') returning id",
                         m.community.value, m.manifest.version, m.key, m.application.value, token,
                         m.token_life.count())[0]
           .as<std::string>();
  });
  const auto job = job_id(id, 0);
  outbox::owe(tx, m.community,
              {"store_manifest", fmt::format("v{}", m.manifest.version), {{"version", m.manifest.version}}, {}, id});
  owe_job(tx, m.community, id, m.manifest.version, job, m.trace);
  audit::chain::append(
    tx, m.community, {"DEPLOYMENT_SUBMITTED", subject, "deployment:" + id},
    boost::json::object{{"version", m.manifest.version}, {"sha256", m.manifest.sha256}, {"job", job}});
  return {id, m.community, m.manifest.version, job, false};
}

submitted retry_failed(pqxx::transaction_base& tx, const retry& m) {
  const auto community = tx.exec_params("select status from communities where id = $1 for no key update",
                                        m.community.value);
  const auto rows = tx.exec_params(
    "select id, version, state, attempt, version < max(version) over () as superseded from deployments"
    " where community_id = $1 order by (version = $2) desc, version desc limit 1",
    m.community.value, m.version);
  if (community.empty() || rows.empty() || (m.version != 0 && rows[0]["version"].as<int64_t>() != m.version))
    refuse(ec::not_found, nothing_of(m.version));
  if (community[0][0].as<std::string>() != "active")
    refuse(ec::frozen, "the community is " + community[0][0].as<std::string>());
  const auto state = rows[0]["state"].as<std::string>();
  if (state == "completed" || state == "cancelled")
    refuse(ec::refused, "the deployment is " + state);
  if (state != "failed")
    refuse(ec::conflict, "the deployment is under way: " + state);
  if (rows[0]["superseded"].as<bool>())
    refuse(ec::refused, "a newer version exists: deploy that one");
  const auto id = rows[0]["id"].as<std::string>();
  const auto version = rows[0]["version"].as<int64_t>();
  const auto job = job_id(id, rows[0]["attempt"].as<int>() + 1);
  with_token({m.application, m.interaction_token, m.token_life}, [&](const char* token) {
    tx.exec_params("update deployments set state = 'pending', attempt = attempt + 1, error_code = '', error_text = '',"
                   " application_id = coalesce(nullif($3::bigint, 0), application_id), interaction_token = $4,"
                   " token_until = clock_timestamp() + $5::bigint * interval '1 millisecond', updated_at = now() where "
                   "community_id = $1 and id = $2",
                   m.community.value, id, m.application.value, token, m.token_life.count());
  });
  owe_job(tx, m.community, id, version, job, m.trace);
  audit::chain::append(tx, m.community, {"DEPLOYMENT_RETRIED", m.actor, "deployment:" + id},
                       boost::json::object{{"version", version}, {"job", job}});
  return {id, m.community, version, job, false};
}

/// Stores the conversation for an open deployment; an ended one sends no messages.
followed follow_newest(pqxx::transaction_base& tx, const follow& m) {
  followed result;
  with_token(m.newest, [&](const char* token) {
    result.is_open = tx.exec_params(
                         "update deployments set application_id = coalesce(nullif($3::bigint, 0), application_id),"
                         " interaction_token = case when $4::text is null then interaction_token else $4 end,"
                         " token_until = case when $4::text is null then token_until"
                         " else clock_timestamp() + $5::bigint * interval '1 millisecond' end"
                         " where community_id = $1 and id = $2 and state in ('pending', 'running', 'waiting')",
                         m.community.value, plain(m.deployment, "deployment"), m.newest.application.value, token,
                         m.newest.token_life.count())
                       .affected_rows()
                   > 0;
  });
  return result;
}

status_of read_status(pqxx::transaction_base& tx, const status& m) {
  const auto rows = tx.exec_params(
    std::string{
      "select d.id, d.version, d.state, d.error_code, d.error_text, d.left_over::text as left_over, d.attempt,"
      " (select count(*) from deployment_resources r where r.community_id = d.community_id and r.deployment_id = d.id)"
      "  as done, to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') as updated,"
      " coalesce(d.lease_until > clock_timestamp(), false) as has_worker, c.status,"
      " not exists (select from outbox o where o.community_id = d.community_id and o.deployment_id = d.id"
      "  and o.kind = 'enqueue_job' and o.closed_at is null and o.sent_at is null) as is_sent, "}
      + postgres::frozen_reason
      + " as reason, c.id = any (quarantined_communities()) as is_quarantined"
        " from deployments d join communities c on c.id = d.community_id"
        " where d.community_id = $1 and ($2 = 0 or d.version = $2) order by d.version desc limit 1",
    m.community.value, m.version);
  if (rows.empty())
    refuse(ec::not_found, nothing_of(m.version));
  const auto row = rows[0];
  const auto id = row["id"].as<std::string>();
  status_of result{.deployment = id,
                   .version = row["version"].as<int64_t>(),
                   .state = row["state"].as<std::string>(),
                   .error_code = row["error_code"].as<std::string>(),
                   .error_text = row["error_text"].as<std::string>(),
                   .resources_done = row["done"].as<size_t>(),
                   .left_over = {},
                   .updated_at = row["updated"].as<std::string>(),
                   .job = job_id(id, row["attempt"].as<int>()),
                   .is_sent = row["is_sent"].as<bool>(),
                   .has_worker = row["has_worker"].as<bool>(),
                   .status = row["status"].as<std::string>(),
                   .frozen_because = row["reason"].as<std::string>(),
                   .is_quarantined = row["is_quarantined"].as<bool>()};
  if (const auto names = json::parse(row["left_over"].c_str()); names && names->is_array())
    for (const auto& name : names->get_array())
      result.left_over.emplace_back(name.as_string());
  return result;
}
} // namespace arrakis::deployments::sql
