#include "adapters/postgres/audit/audit.hpp"

#include "adapters/postgres/audit/chain.hpp"
#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::audit {
namespace {
constexpr int batch = 500; // Entries read at once: bounds the memory of a verification, whatever the chain's length.

appended append_entry(pqxx::transaction_base& tx, const append& m) {
  const auto payload = json::parse(m.payload_json.empty() ? "{}" : m.payload_json);
  if (!payload)
    postgres::refuse(ec::invalid, "audit payload: " + text_of(payload.error()));
  const auto made = chain::append(tx, m.community, {m.event, m.actor, m.target}, *payload);
  return {made.sequence, made.hash};
}

/// Error text when `row` does not continue a chain that ended with (`sequence`, `hash`); empty: valid.
std::string fault(const pqxx::row& row, int64_t sequence, const std::string& hash) {
  const auto number = row["sequence"].as<int64_t>();
  if (number != sequence + 1)
    return fmt::format("entry {} is missing", sequence + 1);
  if (row["previous"].as<std::string>() != hash)
    return fmt::format("entry {} does not follow the one before it", number);
  const chain::entry e{row["event"].as<std::string>(), row["actor"].as<std::string>(), row["target"].as<std::string>()};
  const auto now = chain::hash_of(number, row["at"].c_str(), e, row["payload"].c_str(), hash);
  return now == row["hash"].as<std::string>() ? "" : fmt::format("entry {} was altered: its hash is another", number);
}

verified verify_chain(pqxx::transaction_base& tx, const chain::trail& of) {
  // Reads the head first: entries appended meanwhile are beyond it and not verified.
  const auto head = tx.exec_params(fmt::format("select sequence, hash from {} where {} = $1", of.heads, of.key),
                                   of.owner);
  const int64_t end = head.empty() ? 0 : head[0][0].as<int64_t>();
  int64_t sequence = 0;
  auto hash = of.genesis;
  for (;;) {
    const auto rows = tx.exec_params(
      fmt::format("select sequence, at, event, actor, target, payload::text as payload, previous, hash"
                  " from {} where {} = $1 and sequence > $2 and ($3 = 0 or sequence <= $3)"
                  " order by sequence limit $4",
                  of.entries, of.key),
      of.owner, sequence, end, batch);
    for (const auto& row : rows) {
      if (auto why = fault(row, sequence, hash); !why.empty())
        return {sequence, false, sequence + 1, std::move(why)};
      ++sequence;
      hash = row["hash"].as<std::string>();
    }
    if (rows.size() < batch)
      break;
  }
  if (sequence != end)
    return {sequence, false, sequence + 1, fmt::format("the head says {} entries, there are {}", end, sequence)};
  if (!head.empty() && head[0][1].as<std::string>() != hash)
    return {sequence, false, sequence, "the head has another hash than the last entry"};
  return {sequence, true, 0, {}};
}

listed list_entries(pqxx::transaction_base& tx, const chain::trail& of, const std::string& event, size_t count_max) {
  listed out;
  const auto rows = tx.exec_params(
    fmt::format("select sequence, at, event, actor, target, payload::text as payload, hash from {}"
                " where {} = $1 and ($2 = '' or event = $2) order by sequence desc limit $3",
                of.entries, of.key),
    of.owner, event, static_cast<int64_t>(std::min(count_max, entries_max)));
  for (const auto& row : rows)
    out.entries.push_back({row["sequence"].as<int64_t>(), row["at"].as<std::string>(), row["event"].as<std::string>(),
                           row["actor"].as<std::string>(), row["target"].as<std::string>(),
                           row["payload"].as<std::string>(), row["hash"].as<std::string>()});
  return out;
}

struct state {
  state() = default;
  static inline const char* name = "audit";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const append& m) {
      return postgres::run<appended>(self, self->state.pool, "audit.append", m.community, m.until,
                                     [m](pqxx::transaction_base& tx) { return append_entry(tx, m); });
    },
    [self](const verify& m) {
      return postgres::run<verified>(
        self, self->state.pool, "audit.verify", m.community, m.until,
        [m](pqxx::transaction_base& tx) { return verify_chain(tx, chain::trail_of(m.community)); });
    },
    [self](const list& m) {
      return postgres::run<listed>(self, self->state.pool, "audit.list", m.community, m.until,
                                   [m](pqxx::transaction_base& tx) {
                                     return list_entries(tx, chain::trail_of(m.community), m.event, m.count_max);
                                   });
    },
  };
}

struct platform_state {
  platform_state() = default;
  static inline const char* name = "platform_audit";
  postgres::handle pool;
};

platform::behavior_type platform_behavior(platform::stateful_pointer<platform_state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const verify_platform& m) {
      return postgres::run<verified>(
        self, self->state.pool, "audit.verify_platform", {}, m.until,
        [](pqxx::transaction_base& tx) { return verify_chain(tx, chain::platform_trail()); });
    },
    [self](const list_platform& m) {
      return postgres::run<listed>(
        self, self->state.pool, "audit.list_platform", {}, m.until,
        [m](pqxx::transaction_base& tx) { return list_entries(tx, chain::platform_trail(), {}, m.count_max); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"audit"}, behavior, std::move(pool));
}
platform start_platform(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"platform_audit"}, platform_behavior, std::move(pool));
}
} // namespace arrakis::audit
