#include "adapters/postgres/fence_log/fence_log.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::fence_log {
namespace {
scope scope_of(const std::string& text) {
  if (text == "global")
    return scope::global;
  if (text == "community")
    return scope::community;
  if (text == "user")
    return scope::user;
  // A later migration that adds a scope must not be read as if nothing were frozen.
  postgres::refuse(ec::unsupported, "the fence log has the scope '" + text + "', which this build does not know");
}

changes select(pqxx::transaction_base& tx, const position& since, size_t entries_max) {
  const auto rows = tx.exec_params("select log, head, is_whole, scope, subject, status, fence, number"
                                   " from fence_changes($1, $2, $3)",
                                   since.log, since.number, entries_max);
  changes result{.now = since};
  if (rows.empty())
    return result;
  const auto head = rows[0][1].as<int64_t>();
  result.now = {rows[0][0].as<std::string>(), head};
  result.is_whole = rows[0][2].as<bool>();
  for (const auto& row : rows)
    if (!row[3].is_null())
      result.entries.push_back({scope_of(row[3].as<std::string>()), row[4].as<std::string>(), row[5].as<std::string>(),
                                row[6].as<int64_t>(), row[7].as<int64_t>()});
  if (result.entries.size() >= entries_max) {
    result.now.number = result.entries.back().number;
    result.has_more = result.now.number < head;
  }
  return result;
}

struct state {
  state() = default;
  static inline const char* name = "fence_log";
  postgres::handle pool;
  size_t entries_max = 0;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool, size_t entries_max) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  self->state.entries_max = entries_max;
  return {
    [self](const read& m) {
      return postgres::run<changes>(self, self->state.pool, "fence_log.read", {}, m.until,
                                    [since = m.since, most = self->state.entries_max](pqxx::transaction_base& tx) {
                                      return select(tx, since, most);
                                    });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool, size_t entries_max) {
  return registry::spawn(sys, {"fence_log"}, behavior, std::move(pool), entries_max);
}
} // namespace arrakis::fence_log
