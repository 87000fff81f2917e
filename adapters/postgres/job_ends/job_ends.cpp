#include "adapters/postgres/job_ends/job_ends.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::job_ends {
namespace {
found read_end(pqxx::transaction_base& tx, const find& m) {
  return {!tx.exec_params("select from outbox where community_id = $1 and kind = 'enqueue_job' and key = $2"
                          " and done_at is not null",
                          m.community.value, postgres::plain(m.job, "job"))
             .empty()};
}

done write_end(pqxx::transaction_base& tx, const record& m) {
  tx.exec_params("update outbox set done_at = coalesce(done_at, clock_timestamp()),"
                 " closed_at = coalesce(closed_at, clock_timestamp())"
                 " where community_id = $1 and kind = 'enqueue_job' and key = $2",
                 m.community.value, postgres::plain(m.job, "job"));
  return {};
}

struct state {
  state() = default;
  static inline const char* name = "job_ends";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const find& m) {
      return postgres::run<found>(self, self->state.pool, "job_ends.find", m.community, m.until,
                                  [m](pqxx::transaction_base& tx) { return read_end(tx, m); });
    },
    [self](const record& m) {
      return postgres::run<done>(self, self->state.pool, "job_ends.record", m.community, m.until,
                                 [m](pqxx::transaction_base& tx) { return write_end(tx, m); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"job_ends"}, behavior, std::move(pool));
}
} // namespace arrakis::job_ends
