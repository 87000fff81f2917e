#include "adapters/postgres/communities/communities.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/frozen_reason.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::communities {
namespace {
snowflake guild_of(const pqxx::field& f) { return {f.is_null() ? 0 : f.as<uint64_t>()}; }

/// Record of the transaction's tenant, if any.
std::optional<record> read(pqxx::transaction_base& tx, const community_id& id) {
  const auto rows = tx.exec_params(
    std::string{"select c.name, c.theme_id, c.discord_guild_id, c.status, c.fence,"
                " coalesce((select m.version from manifests m where m.community_id = c.id and m.is_active), 0), "}
      + postgres::frozen_reason + " from communities c where c.id = $1",
    id.value);
  if (rows.empty())
    return std::nullopt;
  const auto row = rows[0];
  return record{id,
                row[0].as<std::string>(),
                row[1].as<std::string>(),
                guild_of(row[2]),
                row[3].as<std::string>(),
                row[4].as<int64_t>(),
                row[5].as<int64_t>(),
                row[6].as<std::string>()};
}

record read_or_refuse(pqxx::transaction_base& tx, const community_id& id) {
  auto result = read(tx, id);
  if (!result)
    postgres::refuse(ec::not_found, "no community has the id " + id.value);
  return std::move(*result);
}

found find(pqxx::transaction_base& tx, snowflake guild) {
  const auto row = tx.exec_params1("select community_of_guild($1)", guild.value);
  return {row[0].is_null() ? std::nullopt : std::optional{community_id{row[0].as<std::string>()}}};
}

/// Lists ids by a SQL function that bypasses RLS, then reads each row as its own tenant, so that row level security
/// applies.
listed list_all(pqxx::transaction_base& tx, size_t count_max) {
  listed result;
  for (const auto& row : tx.exec_params("select id from community_list($1)", std::min<size_t>(count_max, 10'000))) {
    const community_id id{row[0].as<std::string>()};
    postgres::act_as(tx, id);
    if (auto one = read(tx, id))
      result.rows.push_back(std::move(*one));
  }
  return result;
}

const char* event_of(const std::string& status) {
  if (status == "active")
    return "COMMUNITY_UNFROZEN";
  if (status == "frozen")
    return "COMMUNITY_FROZEN";
  if (status == "deactivated")
    return "COMMUNITY_DEACTIVATED";
  postgres::refuse(ec::invalid, "field 'status': active, frozen or deactivated");
}

const std::string& bounded_reason(const std::string& text) {
  if (unicode::length(text) > reason_characters_max)
    postgres::refuse(ec::invalid, fmt::format("field 'reason': at most {} characters", reason_characters_max));
  return postgres::plain(text, "reason");
}

record change_status(pqxx::transaction_base& tx, const set_status& m) {
  const auto* event = event_of(m.status);
  const auto& reason = bounded_reason(m.reason);
  tx.exec_params("select 1 from communities where id = $1 for no key update", m.id.value);
  const auto before = read_or_refuse(tx, m.id);
  if (before.status == m.status)
    return before; // A repeated order has no effect.
  tx.exec_params("update communities set status = $2, fence = fence + 1, updated_at = now() where id = $1", m.id.value,
                 m.status);
  auto after = read_or_refuse(tx, m.id);
  audit::chain::append(
    tx, m.id, {event, m.actor, "community:" + m.id.value},
    boost::json::object{{"reason", reason}, {"from", before.status}, {"to", after.status}, {"fence", after.fence}});
  return after;
}

struct state {
  state() = default;
  static inline const char* name = "communities";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const find_by_guild& m) {
      return postgres::run<found>(self, self->state.pool, "communities.find_by_guild", {}, m.until,
                                  [m](pqxx::transaction_base& tx) { return find(tx, m.guild); });
    },
    [self](const load& m) {
      return postgres::run<record>(self, self->state.pool, "communities.load", m.id, m.until,
                                   [m](pqxx::transaction_base& tx) { return read_or_refuse(tx, m.id); });
    },
    [self](const list& m) {
      return postgres::run<listed>(self, self->state.pool, "communities.list", {}, m.until,
                                   [m](pqxx::transaction_base& tx) { return list_all(tx, m.count_max); });
    },
    [self](const set_status& m) {
      return postgres::run<record>(self, self->state.pool, "communities.set_status", m.id, m.until,
                                   [m](pqxx::transaction_base& tx) { return change_status(tx, m); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"communities"}, behavior, std::move(pool));
}
} // namespace arrakis::communities
