#include "adapters/postgres/quarantines/quarantines.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::quarantines {
namespace {
constexpr size_t entries_max = 10'000, text_bytes_max = 200;
constexpr const char* columns = "select id, kind, key, coalesce(community_id::text, ''), error, message, node,"
                                " (extract(epoch from at) * 1000)::bigint,"
                                " coalesce((extract(epoch from released_at) * 1000)::bigint, 0),"
                                " coalesce(released_by, ''), coalesce(reason, '') from ";

entry read(const pqxx::row& r) {
  return {r[0].as<int64_t>(),     r[1].as<std::string>(), r[2].as<std::string>(), {r[3].as<std::string>()},
          r[4].as<std::string>(), r[5].as<std::string>(), r[6].as<std::string>(), r[7].as<int64_t>(),
          r[8].as<int64_t>(),     r[9].as<std::string>(), r[10].as<std::string>()};
}

added insert(pqxx::transaction_base& tx, const crash& c) {
  const auto id = tx.exec_params1("select coalesce(add_quarantine($1, $2, $3, $4, $5, $6), 0)",
                                  postgres::plain(c.kind, "kind"), postgres::plain(c.key, "key"), c.guild.value,
                                  postgres::excerpt(c.error), postgres::excerpt(c.message, text_bytes_max),
                                  postgres::excerpt(c.node, text_bytes_max));
  return {id[0].as<int64_t>()};
}

listed select_open(pqxx::transaction_base& tx) {
  listed result;
  for (const auto& r : tx.exec_params(std::string{columns} + "open_quarantines($1)", entries_max))
    result.entries.push_back(read(r));
  return result;
}

entry select(pqxx::transaction_base& tx, int64_t id) {
  const auto rows = tx.exec_params(std::string{columns} + "find_quarantine($1)", id);
  if (rows.empty())
    postgres::refuse(ec::not_found, fmt::format("there is no quarantine {}", id));
  return read(rows[0]);
}

/// The key of a session holds a user's id, so the audit trail names the entry by its number.
void record(pqxx::transaction_base& tx, const entry& e, const release& m) {
  audit::chain::append(tx, e.community, {"QUARANTINE_RELEASED", m.actor, fmt::format("quarantine:{}", e.id)},
                       boost::json::object{{"kind", e.kind}, {"reason", m.reason}});
}

entry let_start(pqxx::transaction_base& tx, const release& m) {
  if (unicode::length(m.reason) > reason_characters_max)
    postgres::refuse(ec::invalid, fmt::format("field 'reason': at most {} characters", reason_characters_max));
  const auto before = select(tx, m.id);
  const auto done = tx.exec_params1("select release_quarantine($1, $2, $3)", m.id, postgres::plain(m.actor, "actor"),
                                    postgres::plain(m.reason, "reason"));
  if (!done[0].as<bool>())
    postgres::refuse(ec::conflict, fmt::format("quarantine {} was released before", m.id));
  if (!before.community.value.empty()) {
    postgres::act_as(tx, before.community);
    tx.exec_params("update outbox set due_at = clock_timestamp() where community_id = $1 and closed_at is null",
                   before.community.value);
    record(tx, before, m);
  }
  return select(tx, m.id);
}

struct state {
  state() = default;
  static inline const char* name = "quarantines";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const add& m) {
      return postgres::run<added>(self, self->state.pool, "quarantines.add", {}, m.until,
                                  [what = m.what](pqxx::transaction_base& tx) { return insert(tx, what); });
    },
    [self](const list_open& m) {
      return postgres::run<listed>(self, self->state.pool, "quarantines.open", {}, m.until,
                                   [](pqxx::transaction_base& tx) { return select_open(tx); });
    },
    [self](const find& m) {
      return postgres::run<entry>(self, self->state.pool, "quarantines.find", {}, m.until,
                                  [id = m.id](pqxx::transaction_base& tx) { return select(tx, id); });
    },
    [self](const release& m) {
      return postgres::run<entry>(self, self->state.pool, "quarantines.release", {}, m.until,
                                  [m](pqxx::transaction_base& tx) { return let_start(tx, m); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"quarantines"}, behavior, std::move(pool));
}
} // namespace arrakis::quarantines
