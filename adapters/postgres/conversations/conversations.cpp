#include "adapters/postgres/conversations/conversations.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::conversations {
namespace {

/// As the tenant: marks it as told, where nobody has since, and reads what is needed to speak.
void take_one(pqxx::transaction_base& tx, const community_id& community, const std::string& deployment, ending& into) {
  postgres::act_as(tx, community);
  const auto rows = tx.exec_params(
    "with told as (update deployments d set told_until = token_until where d.community_id = $1 and d.id = $2"
    " and d.state in ('pending', 'running', 'waiting') and d.interaction_token is not null"
    " and d.token_until > clock_timestamp() and d.told_until is distinct from d.token_until"
    " returning d.version, d.application_id, d.interaction_token,"
    " (extract(epoch from d.token_until - clock_timestamp()) * 1000)::bigint as left_ms)"
    " select t.*, c.fence, fence_log_number() from told t, communities c where c.id = $1",
    community.value, deployment);
  for (const auto& row : rows)
    into.list.push_back({community,
                         row[4].as<int64_t>(),
                         row[5].as<int64_t>(),
                         deployment,
                         row[0].as<int64_t>(),
                         {row[1].is_null() ? 0 : row[1].as<uint64_t>()},
                         secret{row[2].as<std::string>()},
                         std::chrono::milliseconds{row[3].as<int64_t>()}});
}

/// The narrow function gives ids; each row is then taken as its own tenant.
ending take(pqxx::transaction_base& tx, const take_ending& m) {
  ending result;
  for (const auto& row : tx.exec_params("select community_id, deployment_id from ending_conversations($1, $2)",
                                        m.within.count(), static_cast<int64_t>(m.count_max)))
    take_one(tx, {row[0].as<std::string>()}, row[1].as<std::string>(), result);
  return result;
}

struct state {
  state() = default;
  static inline const char* name = "conversations";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {[self](const take_ending& m) {
    return postgres::run<ending>(self, self->state.pool, "conversations.take_ending", {}, m.until,
                                 [m](pqxx::transaction_base& tx) { return take(tx, m); });
  }};
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"conversations"}, behavior, std::move(pool));
}
} // namespace arrakis::conversations
