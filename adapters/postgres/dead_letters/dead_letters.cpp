#include "adapters/postgres/dead_letters/dead_letters.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::dead_letters {
namespace {
constexpr size_t message_bytes_max = 1 << 20; // The table's own check.

struct state {
  postgres::handle pool;
  static inline const char* name = "dead_letters";
  state() = default;
};

kept insert(pqxx::transaction_base& tx, const letter& l) {
  const auto row = tx.exec_params1("insert into dead_letters (community_id, actor, message, error_code, error_text)"
                                   " values ($1, $2, $3, $4, $5) returning id",
                                   l.community.value, l.actor, postgres::excerpt(l.message, message_bytes_max),
                                   static_cast<int>(l.code), postgres::excerpt(l.error));
  return {row[0].as<std::string>()};
}

listed select(pqxx::transaction_base& tx, const community_id& of) {
  listed all;
  for (const auto& row : tx.exec_params("select actor, message, error_code, error_text from dead_letters"
                                        " where community_id = $1 and replayed_at is null order by at desc limit 100",
                                        of.value))
    all.letters.push_back({of, row[0].as<std::string>(), row[1].as<std::string>(), static_cast<ec>(row[2].as<int>()),
                           row[3].as<std::string>()});
  return all;
}

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const keep& m) {
      return postgres::run<kept>(self, self->state.pool, "dead_letters.keep", m.what.community, m.until,
                                 [what = m.what](pqxx::transaction_base& tx) { return insert(tx, what); });
    },
    [self](const list& m) {
      return postgres::run<listed>(self, self->state.pool, "dead_letters.list", m.community, m.until,
                                   [of = m.community](pqxx::transaction_base& tx) { return select(tx, of); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) { return sys.spawn(behavior, std::move(pool)); }
} // namespace arrakis::dead_letters
