#include "adapters/postgres/outbox/due.hpp"

#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::outbox {

// `oldest` is in the order of time, so a poll without due work ends there. As long as less is due than one answer
// holds, those are all tenants with something to send. When more is due, they may all be of one noisy tenant: then the
// tenants come one by one out of the index of what is unsent (each step the next community_id). Each tenant gives at
// most its share; what it has sent counts once for each kind, and a group's count is their sum.
//
// Sent rows are looked up the longest due first, out of ten answers' worth of them: a look-up makes a row due later, so
// that none waits for ever. `turn` is the row's rank in its tenant's queue: sorted by it, every tenant gets its first
// row before any gets its second.
//
// statement_timestamp() and not clock_timestamp(), which no index condition can hold.
const char* const due_rows = R"(
with recursive shares as (
  select * from json_to_recordset($2::json)
    as s(kind text, job_kind text, per_tenant bigint, share_group text, group_per_tenant bigint)),
oldest as (
  select o.community_id from outbox o
  where o.closed_at is null and o.sent_at is null and o.due_at <= statement_timestamp()
    and row(o.kind, o.job_kind) = any (array(select row(kind, job_kind) from shares))
    and o.community_id <> all ((select quarantined_communities())::uuid[])
  order by o.due_at limit $1),
one_by_one as (
  (select community_id from outbox where closed_at is null and sent_at is null
     and (select count(*) from oldest) >= $1 order by community_id limit 1)
  union all
  select (select o.community_id from outbox o where o.closed_at is null and o.sent_at is null
          and o.community_id > t.community_id order by o.community_id limit 1)
  from one_by_one t where t.community_id is not null),
tenants as (
  select community_id from oldest union select community_id from one_by_one
  where community_id <> all ((select quarantined_communities())::uuid[])),
unsent as (
  select t.community_id, candidate.id, candidate.due_at from tenants t cross join lateral (
    select o.id, o.due_at, s.group_per_tenant,
           s.of_group + row_number() over (partition by s.share_group order by o.due_at, o.id) as place
    from (
      select s.*, taken.of_kind, sum(taken.of_kind) over (partition by s.share_group)::bigint as of_group
      from shares s cross join lateral (
        select count(*) as of_kind from outbox o
        where o.community_id = t.community_id and o.kind = s.kind and o.job_kind = s.job_kind and o.closed_at is null
          and o.sent_at is not null and ($3::boolean or o.close_by > statement_timestamp())) taken) s
    cross join lateral (
      select o.id, o.due_at from outbox o
      where o.community_id = t.community_id and o.kind = s.kind and o.job_kind = s.job_kind and o.closed_at is null
        and o.sent_at is null and o.due_at <= statement_timestamp()
      order by o.due_at, o.id limit least($1, greatest(0, s.per_tenant - s.of_kind))) o) candidate
  where candidate.place <= candidate.group_per_tenant),
sent as (
  select o.community_id, o.id, o.due_at from outbox o
  where o.closed_at is null and o.sent_at is not null and o.due_at <= statement_timestamp()
    and row(o.kind, o.job_kind) = any (array(select row(kind, job_kind) from shares))
    and o.community_id <> all ((select quarantined_communities())::uuid[])
  order by o.due_at limit 10 * $1)
select o.id, o.community_id, o.kind, o.payload::text as payload, o.attempts,
       coalesce((extract(epoch from o.sent_at) * 1000)::bigint, 0) as sent_at_ms,
       o.job_kind, o.key, o.queue, o.close_by <= statement_timestamp() as is_overdue
from (select id, row_number() over (partition by community_id order by due_at, id) as turn
      from (select * from sent union all select * from unsent) due order by turn, id limit $1) next
cross join lateral (select * from outbox o where o.id = next.id offset 0) o
order by next.turn, next.id)";

namespace {
// The rows that are due the longest, where any tenant is in quarantine; where none is, the condition on the array keeps
// PostgreSQL from reading a row.
constexpr const char* front = R"(
  (select o.id, o.community_id from outbox o
   where o.closed_at is null and o.sent_at is null and o.due_at <= statement_timestamp()
     and cardinality((select quarantined_communities())) > 0 order by o.due_at limit 1000)
  union all
  (select o.id, o.community_id from outbox o
   where o.closed_at is null and o.sent_at is not null and o.due_at <= statement_timestamp()
     and cardinality((select quarantined_communities())) > 0 order by o.due_at limit 1000))";
} // namespace

void postpone_quarantined(pqxx::transaction_base& tx) {
  // Locks are taken only where there is something to postpone: they write to the table of quarantines.
  const auto found = tx.exec1(fmt::format(
    "select exists (select from ({}) front where community_id = any((select quarantined_communities())::uuid[]))",
    front));
  if (!found[0].as<bool>())
    return;
  tx.exec(fmt::format("with locked as materialized (select lock_quarantined_communities() as ids),"
                      " late as (select o.id from outbox o where o.closed_at is null and o.id in (select front.id"
                      "  from ({}) front where front.community_id = any((select ids from locked)::uuid[]))"
                      "  for no key update skip locked)"
                      " update outbox o set due_at = statement_timestamp() + interval '1 hour' from late"
                      " where o.id = late.id",
                      front));
}

std::string as_json(const std::vector<share>& all) {
  boost::json::array result;
  for (const auto& s : all)
    result.push_back({{"kind", s.kind},
                      {"job_kind", s.job_kind},
                      {"per_tenant", s.per_tenant},
                      {"share_group", s.group},
                      {"group_per_tenant", s.group_per_tenant}});
  return json::print(result);
}

} // namespace arrakis::outbox
