#include "adapters/postgres/conversations/conversations.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::conversations {
namespace {

/// Condition of a message: no worker runs the deployment, the conversation is open and not settled.
constexpr const char* open = " d.state in ('pending', 'waiting') and d.interaction_token is not null"
                             " and d.token_until > clock_timestamp() and d.told_until is distinct from d.token_until";

/// Acting as the tenant: takes a free conversation, and reads the data for its message.
void take_one(pqxx::transaction_base& tx, const community_id& community, const std::string& deployment,
              std::chrono::milliseconds hold, ending& into) {
  postgres::act_as(tx, community);
  const auto rows = tx.exec_params(
    fmt::format("with held as (update deployments d set telling_until = clock_timestamp()"
                " + $3::bigint * interval '1 millisecond' where d.community_id = $1 and d.id = $2 and {}"
                " and (d.telling_until is null or d.telling_until <= clock_timestamp())"
                " returning d.version, d.application_id, d.interaction_token,"
                " (extract(epoch from d.token_until - clock_timestamp()) * 1000)::bigint as left_ms)"
                " select h.*, c.fence, fence_log_number() from held h, communities c where c.id = $1",
                open),
    community.value, deployment, hold.count());
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

/// Lists ids by a SQL function that bypasses RLS, then takes each row as its own tenant.
ending take(pqxx::transaction_base& tx, const take_ending& m) {
  const auto found = tx.exec_params("select community_id, deployment_id from ending_conversations($1, $2)",
                                    m.within.count(), static_cast<int64_t>(m.count_max));
  ending result{{}, static_cast<size_t>(found.size()) >= m.count_max};
  for (const auto& row : found)
    take_one(tx, {row[0].as<std::string>()}, row[1].as<std::string>(), m.hold, result);
  return result;
}

waits hold_again(pqxx::transaction_base& tx, const still_waits& m) {
  const auto held = m.of.interaction_token.lend([&](std::string_view token) {
    return tx
      .exec_params(fmt::format("update deployments d set telling_until = clock_timestamp()"
                               " + $4::bigint * interval '1 millisecond' where d.community_id = $1 and d.id = $2"
                               " and d.interaction_token = $3 and {}",
                               open),
                   m.of.community.value, m.of.deployment, token.data(), m.hold.count())
      .affected_rows();
  });
  return {held > 0};
}

settled close(pqxx::transaction_base& tx, const settle& m) {
  m.of.interaction_token.lend([&](std::string_view token) {
    tx.exec_params("update deployments set told_until = token_until, telling_until = null where community_id = $1"
                   " and id = $2 and interaction_token = $3",
                   m.of.community.value, m.of.deployment, token.data());
  });
  return {};
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
          },
          [self](const still_waits& m) {
            return postgres::run<waits>(self, self->state.pool, "conversations.still_waits", m.of.community, m.until,
                                        [m](pqxx::transaction_base& tx) { return hold_again(tx, m); });
          },
          [self](const settle& m) {
            return postgres::run<settled>(self, self->state.pool, "conversations.settle", m.of.community, m.until,
                                          [m](pqxx::transaction_base& tx) { return close(tx, m); });
          }};
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"conversations"}, behavior, std::move(pool));
}
} // namespace arrakis::conversations
