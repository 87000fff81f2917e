#include "adapters/postgres/outbox/outbox.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::outbox {
namespace {

// The tenants come one by one out of the index (each step the next community_id), and each gives at most its share, so
// the cost grows with what is returned, not with what a noisy tenant has piled up. `turn` is the row's place in its
// tenant's line: sorted by it, every tenant gets its first row before any gets its second.
constexpr const char* due_rows = R"(
with recursive tenants as (
  (select community_id from outbox where closed_at is null order by community_id limit 1)
  union all
  select (select o.community_id from outbox o where o.closed_at is null and o.community_id > t.community_id
          order by o.community_id limit 1)
  from tenants t where t.community_id is not null)
select row.* from tenants t cross join lateral (
  select o.id, o.community_id, o.kind, o.payload::text as payload, o.attempts,
         coalesce((extract(epoch from o.sent_at) * 1000)::bigint, 0) as sent_at_ms,
         row_number() over (order by o.id) as turn
  from (
    (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'store_manifest'
       and due_at <= clock_timestamp() and sent_at is null order by id limit $1)
    union all
    (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'store_manifest'
       and due_at <= clock_timestamp() and sent_at < clock_timestamp() - $2::bigint * interval '1 millisecond'
       order by id limit $1)
    union all
    (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'enqueue_job'
       and due_at <= clock_timestamp() and sent_at < clock_timestamp() - $2::bigint * interval '1 millisecond'
       order by id limit $1)
    union all
    (select * from outbox where community_id = t.community_id and closed_at is null and kind = 'enqueue_job'
       and due_at <= clock_timestamp() and sent_at is null order by id
     limit greatest(0, $3::bigint - (select count(*) from outbox where community_id = t.community_id
                                     and closed_at is null and kind = 'enqueue_job' and sent_at is not null)))
  ) o
) row
where t.community_id is not null and t.community_id <> all ((select quarantined_communities())::uuid[])
order by row.turn, row.id limit $1)";

rows read_due(pqxx::transaction_base& tx, const due& m) {
  rows result;
  for (const auto& r : tx.exec_params(due_rows, m.count_max, m.resend_after.count(), m.jobs_per_tenant_max))
    result.list.push_back({r[0].as<int64_t>(),
                           {r[1].as<std::string>()},
                           r[2].as<std::string>(),
                           r[3].as<std::string>(),
                           r[4].as<int>(),
                           r[5].as<int64_t>()});
  return result;
}

done set_sent(pqxx::transaction_base& tx, const mark_sent& m) {
  std::string ids = "{";
  for (const auto id : m.ids)
    ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
  tx.exec_params("update outbox set sent_at = clock_timestamp(), attempts = attempts + 1, last_error = ''"
                 " where id = any($1::bigint[])",
                 ids + "}");
  return {};
}

done set_closed(pqxx::transaction_base& tx, const close& m) {
  tx.exec_params("update outbox set closed_at = clock_timestamp() where id = $1 and closed_at is null", m.id);
  return {};
}

done set_postponed(pqxx::transaction_base& tx, const postpone& m) {
  tx.exec_params(
    "update outbox set due_at = clock_timestamp() + $2::bigint * interval '1 millisecond', attempts = attempts + 1,"
    " last_error = $3 where id = $1 and closed_at is null",
    m.id, m.wait.count(), postgres::excerpt(m.error));
  return {};
}

struct state {
  state() = default;
  static inline const char* name = "outbox";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const due& m) {
      return postgres::run<rows>(self, self->state.pool, "outbox.due", {}, m.until,
                                 [m](pqxx::transaction_base& tx) { return read_due(tx, m); });
    },
    [self](const mark_sent& m) {
      return postgres::run<done>(self, self->state.pool, "outbox.mark_sent", {}, m.until,
                                 [m](pqxx::transaction_base& tx) { return set_sent(tx, m); });
    },
    [self](const close& m) {
      return postgres::run<done>(self, self->state.pool, "outbox.close", {}, m.until,
                                 [m](pqxx::transaction_base& tx) { return set_closed(tx, m); });
    },
    [self](const postpone& m) {
      return postgres::run<done>(self, self->state.pool, "outbox.postpone", {}, m.until,
                                 [m](pqxx::transaction_base& tx) { return set_postponed(tx, m); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"outbox"}, behavior, std::move(pool));
}
} // namespace arrakis::outbox
