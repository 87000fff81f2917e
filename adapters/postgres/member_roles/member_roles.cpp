#include "adapters/postgres/member_roles/member_roles.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/guild_work/guild_work.hpp"
#include "adapters/postgres/outbox/work_item.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::member_roles {
namespace {
namespace bj = boost::json;

wanted read_wanted(pqxx::transaction_base& tx, const find& m) {
  const auto rows = tx.exec_params(
    "select c.status, c.fence, fence_log_number(), coalesce(c.discord_guild_id, 0),"
    " c.id = any (quarantined_communities()), coalesce(p.verdict_id, 0), coalesce($3 = any (p.entitled), false),"
    " exists (select from role_takings t where t.community_id = c.id and t.profile_id = p.id and t.role_id = $3"
    "  and t.state <> 'counted'),"
    " coalesce($3 = any (p.managed) and ($3 = any (p.entitled) or p.judged_fence = c.fence) and exists (select"
    "  from manifests m where m.community_id = c.id and m.version = p.judged_version and m.is_active), false), "
    "coalesce($3 = any (p.unsettled), false)"
    " from communities c left join profiles p on p.community_id = c.id and p.discord_id = $2 where c.id = $1",
    m.community.value, m.member.value, m.role.value);
  if (rows.empty())
    postgres::refuse(ec::not_found, "no such community");
  const auto r = rows[0];
  postgres::guild_work::refuse_idle({.status = r[0].as<std::string>(), .quarantined = r[4].as<bool>()});
  return {.guild = {r[3].as<uint64_t>()},
          .verdict_id = r[5].as<int64_t>(),
          .has_role = r[6].as<bool>(),
          .binds = r[8].as<bool>(),
          .waits = r[7].as<bool>(),
          .is_unsettled = r[9].as<bool>(),
          .fence = r[1].as<int64_t>(),
          .fences_as_of = r[2].as<int64_t>()};
}

/// Locks the count of a role: of two transactions the second sees what the first counted.
void lock_count(pqxx::transaction_base& tx, const community_id& community, snowflake role) {
  tx.exec_params("select pg_advisory_xact_lock(hashtextextended('role_takings ' || $1::text || ' ' || $2::text, 0))",
                 community.value, role.text());
}

/// The id of the member's profile, locked against a new verdict. Empty: its verdict does not take the role.
std::string lock_profile(pqxx::transaction_base& tx, const take& m) {
  const auto rows = tx.exec_params("select id, verdict_id = $3 and $4 <> all (entitled) from profiles"
                                   " where community_id = $1 and discord_id = $2 for share",
                                   m.community.value, m.member.value, m.verdict_id, m.role.value);
  if (rows.empty())
    postgres::refuse(ec::not_found, "the member has no profile");
  return rows[0][1].as<bool>(false) ? rows[0][0].as<std::string>() : std::string{};
}

void keep(pqxx::transaction_base& tx, const take& m, const std::string& profile, const char* state) {
  tx.exec_params("insert into role_takings as t (community_id, role_id, profile_id, verdict_id, state)"
                 " values ($1, $2, $3, $4, $5) on conflict (community_id, role_id, profile_id) do update"
                 " set verdict_id = excluded.verdict_id, state = excluded.state,"
                 " at = case when t.state = 'waiting' and excluded.state = 'waiting' then t.at else excluded.at end",
                 m.community.value, m.role.value, profile, m.verdict_id, state);
}

permit count(pqxx::transaction_base& tx, const take& m) {
  lock_count(tx, m.community, m.role);
  const auto profile = lock_profile(tx, m);
  if (profile.empty())
    return {.what = permit::outdated};
  tx.exec_params("delete from role_takings where community_id = $1 and role_id = $2 and state <> 'waiting'"
                 " and at <= clock_timestamp() - $3::bigint * interval '1 second'",
                 m.community.value, m.role.value, m.limit.window.count());
  const auto counted = tx.exec_params1("select count(*) from role_takings where community_id = $1 and role_id = $2"
                                       " and profile_id <> $3 and state = 'counted'",
                                       m.community.value, m.role.value, profile)[0]
                         .as<int64_t>();
  const auto share = m.holders ? (*m.holders + counted) * m.limit.percent / 100 : 0;
  permit result{.counted = counted, .members_max = std::max(m.limit.members, share)};
  const auto known = tx.exec_params("select state, verdict_id from role_takings where community_id = $1"
                                    " and role_id = $2 and profile_id = $3",
                                    m.community.value, m.role.value, profile);
  const auto state = known.empty() ? std::string{} : known[0][0].as<std::string>();
  if (state == "released" || (state == "counted" && known[0][1].as<int64_t>() == m.verdict_id))
    return result; // An operator released it, or the attempt before this one was counted.
  if (state == "waiting") {
    result.what = permit::waits;
  } else if (counted >= result.members_max) {
    result.what = m.holders ? permit::waits : permit::needs_holders;
    result.is_new = m.holders.has_value();
  }
  if (result.what != permit::needs_holders)
    keep(tx, m, profile, result.what == permit::granted ? "counted" : "waiting");
  return result;
}

forgotten erase(pqxx::transaction_base& tx, const forget& m) {
  lock_count(tx, m.community, m.role); // Before the profile, as in `count`.
  tx.exec_params("with p as (update profiles set unsettled = case when $5 then array_remove(unsettled, $3)"
                 "  else unsettled end where community_id = $1 and discord_id = $2 and ($3 = any (entitled)) = $4"
                 "  returning id) delete from role_takings t using p where t.community_id = $1 and t.role_id = $3"
                 " and t.state <> 'counted' and t.profile_id = p.id",
                 m.community.value, m.member.value, m.role.value, m.has_role, m.is_done);
  return {};
}

waiting read_waiting(pqxx::transaction_base& tx, const list_waiting& m) {
  waiting result;
  const auto count = static_cast<int64_t>(std::min<size_t>(m.count_max, 10'000));
  for (const auto& r : tx.exec_params("select community_id, role_id, members,"
                                      " (extract(epoch from since) * 1000)::bigint from waiting_role_takings($1)",
                                      count))
    result.roles.push_back({{r[0].as<std::string>()}, {r[1].as<uint64_t>()}, r[2].as<int64_t>(), r[3].as<int64_t>()});
  return result;
}

/// Ends the waiting of a role's takings: (guild, member, verdict, a random part of a job's id) of each.
pqxx::result end_waiting(pqxx::transaction_base& tx, const answer& m) {
  const std::string rows = "t.community_id = $1 and t.role_id = $2 and t.state = 'waiting'"
                           " and p.community_id = t.community_id and p.id = t.profile_id and c.id = t.community_id"
                           " returning c.discord_guild_id, p.discord_id, t.verdict_id, gen_random_uuid()";
  return tx.exec_params(m.takes ? "update role_takings t set state = 'released', at = clock_timestamp()"
                                  " from profiles p, communities c where "
                                    + rows
                                : "delete from role_takings t using profiles p, communities c where " + rows,
                        m.community.value, m.role.value);
}

answered settle(pqxx::transaction_base& tx, const answer& m) {
  if (unicode::length(m.reason) > reason_characters_max)
    postgres::refuse(ec::invalid, fmt::format("field 'reason': at most {} characters", reason_characters_max));
  postgres::plain(m.reason, "reason");
  lock_count(tx, m.community, m.role);
  const auto ended = end_waiting(tx, m);
  if (ended.empty())
    postgres::refuse(ec::not_found, "no taking of this role waits");
  for (const auto& r : ended)
    if (const auto verdict = r[2].as<int64_t>(); m.takes && !r[0].is_null())
      outbox::owe_job(tx, m.community,
                      {"REMOVE_ROLE",
                       fmt::format("role-{}-{}-{}", verdict, m.role.value, r[3].as<std::string>()),
                       {{"communityId", m.community.value},
                        {"guildId", std::to_string(r[0].as<uint64_t>())},
                        {"userId", std::to_string(r[1].as<uint64_t>())},
                        {"roleId", m.role.text()},
                        {"verdictId", verdict}}});
  audit::chain::append(tx, m.community, {"ROLE_TAKINGS_ANSWERED", m.actor, "role:" + m.role.text()},
                       bj::object{{"answer", m.takes ? "take" : "keep"},
                                  {"members", static_cast<int64_t>(ended.size())},
                                  {"reason", m.reason}});
  return {static_cast<int64_t>(ended.size())};
}

struct state {
  state() = default;
  static inline const char* name = "member_roles";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    postgres::transact<find>(self, "member_roles.find", read_wanted),
    postgres::transact<take>(self, "member_roles.take", count),
    postgres::transact<forget>(self, "member_roles.forget", erase),
    [self](const list_waiting& m) {
      return postgres::run<waiting>(self, self->state.pool, "member_roles.list_waiting", {}, m.until,
                                    [m](pqxx::transaction_base& tx) { return read_waiting(tx, m); });
    },
    postgres::transact<answer>(self, "member_roles.answer", settle),
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"member_roles"}, behavior, std::move(pool));
}
} // namespace arrakis::member_roles
