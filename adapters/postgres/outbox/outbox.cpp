#include "adapters/postgres/outbox/outbox.hpp"

#include "adapters/postgres/outbox/due.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::outbox {
namespace {

/// Columns of every read of a row.
row row_at(const pqxx::row& r) {
  return {.id = r["id"].as<int64_t>(),
          .community = {r["community_id"].as<std::string>()},
          .kind = r["kind"].as<std::string>(),
          .payload_json = {},
          .attempts = r["attempts"].as<int>(),
          .job_kind = r["job_kind"].as<std::string>(),
          .key = r["key"].as<std::string>(),
          .queue = r["queue"].as<std::string>()};
}

rows read_due(pqxx::transaction_base& tx, const due& m) {
  postpone_quarantined(tx);
  rows result;
  for (const auto& r : tx.exec_params(due_rows, m.count_max, as_json(m.shares), m.counts_overdue)) {
    auto& read = result.list.emplace_back(row_at(r));
    read.payload_json = r["payload"].as<std::string>();
    read.sent_at_ms = r["sent_at_ms"].as<int64_t>();
    read.is_overdue = r["is_overdue"].as<bool>();
  }
  return result;
}

done set_sent(pqxx::transaction_base& tx, const mark_sent& m) {
  std::string ids = "{";
  for (const auto id : m.ids)
    ids += (ids.size() > 1 ? "," : "") + std::to_string(id);
  // A new deadline is reported anew when it passes.
  tx.exec_params("update outbox set close_by = case when sent_at is null"
                 " then clock_timestamp() + $2::bigint * interval '1 millisecond' else close_by end,"
                 " reported_at = case when sent_at is null then null else reported_at end,"
                 " sent_at = clock_timestamp(), queue = $3, attempts = 0, last_error = '',"
                 " due_at = clock_timestamp() + $4::bigint * interval '1 millisecond' where id = any($1::bigint[])",
                 ids + "}", m.closes_within.count(), postgres::plain(m.queue, "queue"), m.look_up_after.count());
  return {};
}

done set_closed(pqxx::transaction_base& tx, const close& m) {
  tx.exec_params("update outbox set closed_at = clock_timestamp() where id = $1 and closed_at is null", m.id);
  return {};
}

done set_postponed(pqxx::transaction_base& tx, const postpone& m) {
  tx.exec_params(
    "update outbox set due_at = clock_timestamp() + $2::bigint * interval '1 millisecond',"
    " attempts = case when $4 then attempts + 1 else 0 end, last_error = $3 where id = $1 and closed_at is null",
    m.id, m.wait.count(), postgres::excerpt(m.error), m.has_failed);
  return {};
}

constexpr auto iso_8601 = R"('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')";

overdue_row overdue_at(const pqxx::row& r) {
  return {row_at(r), r["created"].as<std::string>(), r["late_since"].as<std::string>(),
          r["last_error"].as<std::string>()};
}

overdue_rows take_overdue(pqxx::transaction_base& tx, const report_overdue& m) {
  overdue_rows result;
  int64_t unreported = 0;
  for (const auto& r :
       tx.exec("select kind, job_kind, count(*), count(*) filter (where reported_at is null) from outbox"
               " where closed_at is null and close_by <= statement_timestamp() group by kind, job_kind")) {
    result.counts.push_back({r[0].as<std::string>(), r[1].as<std::string>(), r[2].as<int64_t>()});
    unreported += r[3].as<int64_t>();
  }
  if (unreported == 0)
    return result;
  // Another relay that asks at the same time takes others.
  for (const auto& r : tx.exec_params(
         fmt::format("update outbox o set reported_at = clock_timestamp() from (select id from outbox"
                     " where closed_at is null and close_by <= statement_timestamp() and reported_at is null"
                     " order by close_by, id limit $1 for update skip locked) late where o.id = late.id"
                     " returning o.*, to_char(o.created_at at time zone 'UTC', {0}) as created,"
                     " to_char(o.close_by at time zone 'UTC', {0}) as late_since",
                     iso_8601),
         m.count_max))
    result.fresh.push_back(overdue_at(r));
  return result;
}

overdue_list read_overdue(pqxx::transaction_base& tx, const list_overdue& m) {
  overdue_list result;
  for (const auto& r : tx.exec_params(fmt::format("select *, to_char(created_at at time zone 'UTC', {0}) as created,"
                                                  " to_char(close_by at time zone 'UTC', {0}) as late_since"
                                                  " from overdue_work_items($1)",
                                                  iso_8601),
                                      std::min(m.count_max, size_t{10'000})))
    result.rows.push_back(overdue_at(r));
  return result;
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
    [self](const report_overdue& m) {
      return postgres::run<overdue_rows>(self, self->state.pool, "outbox.report_overdue", {}, m.until,
                                         [m](pqxx::transaction_base& tx) { return take_overdue(tx, m); });
    },
  };
}

overview::behavior_type overview_behavior(overview::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {[self](const list_overdue& m) {
    return postgres::run<overdue_list>(self, self->state.pool, "outbox.list_overdue", {}, m.until,
                                       [m](pqxx::transaction_base& tx) { return read_overdue(tx, m); });
  }};
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"outbox"}, behavior, std::move(pool));
}
overview start_overview(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"outbox_overview"}, overview_behavior, std::move(pool));
}
} // namespace arrakis::outbox
