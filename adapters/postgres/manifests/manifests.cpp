#include "adapters/postgres/manifests/manifests.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::manifests {
namespace {
constexpr const char* columns = "version, sha256, previous_sha256, signed_at, synthesized_by, signature, is_active";

record record_of(const community_id& community, const pqxx::row& row) {
  return {.community = community,
          .version = row[0].as<int64_t>(),
          .canonical = {},
          .sha256 = row[1].as<std::string>(),
          .previous_sha256 = row[2].as<std::string>(),
          .created_at = row[3].as<std::string>(),
          .created_by = row[4].as<std::string>(),
          .signature = row[5].as<std::string>(),
          .active = row[6].as<bool>()};
}

record read(pqxx::transaction_base& tx, const load& m) {
  const auto rows = tx.exec_params(std::string{"select "} + columns
                                     + ", convert_from(canonical, 'UTF8') from manifests where community_id = $1 and "
                                     + (m.version == 0 ? "is_active and $2 = 0" : "version = $2"),
                                   m.community.value, m.version);
  if (rows.empty())
    postgres::refuse(ec::not_found,
                     m.version == 0 ? "no version is active yet" : "there is no version " + std::to_string(m.version));
  auto result = record_of(m.community, rows[0]);
  result.canonical = rows[0][7].as<std::string>();
  return result;
}

listed read_all(pqxx::transaction_base& tx, const list& m) {
  listed result;
  for (const auto& row : tx.exec_params(std::string{"select "} + columns
                                          + " from manifests where community_id = $1 order by version desc",
                                        m.community.value))
    result.rows.push_back(record_of(m.community, row));
  return result;
}

/// Lays what an unfinished version made over what was applied. A resource that was applied keeps those fields: they say
/// what may have to be taken away, whether or not the unfinished version came to it.
bool overlay(std::vector<shadow_entry>& entries, size_t applied, shadow_entry entry) {
  const auto same = std::ranges::find_if(
    entries, [&](const shadow_entry& e) { return e.kind == entry.kind && e.resource == entry.resource; });
  if (same == entries.end())
    entries.push_back(std::move(entry));
  else if (same->id == entry.id && same - entries.begin() < static_cast<std::ptrdiff_t>(applied))
    return false;
  else
    *same = std::move(entry);
  return true;
}

void read_applied(pqxx::transaction_base& tx, shadow& result) {
  const auto rows = tx.exec_params("select manifest_version, status, resources::text from shadow_states"
                                   " where community_id = $1 and status = 'applied'",
                                   result.community.value);
  if (rows.empty())
    return;
  result.version = rows[0][0].as<int64_t>();
  result.status = rows[0][1].as<std::string>();
  const auto resources = json::parse(rows[0][2].c_str(), {.bytes_max = 64 << 20});
  if (!resources || !resources->is_array())
    postgres::refuse(ec::corrupt, "the stored shadow state is not a JSON array");
  for (const auto& item : resources->get_array()) {
    const auto& o = item.as_object();
    result.entries.push_back({std::string{json::text_or(o, "kind")}, std::string{json::text_or(o, "resource")},
                              parse_snowflake(json::text_or(o, "id")).value_or(snowflake{}),
                              json::print(o.at("fields"))});
  }
}

shadow read_shadow(pqxx::transaction_base& tx, const community_id& community) {
  shadow result{.community = community};
  read_applied(tx, result);
  const auto applied = result.entries.size();
  // Adds resources that an incomplete later deployment, or a reconciliation of this version, has created: they exist in
  // the guild, and the next deployment would otherwise create them a second time.
  for (const auto& row : tx.exec_params(
         "select kind, resource, discord_id, fields::text from ("
         "select r.kind, r.resource, r.discord_id, r.fields, d.version, r.done_at from deployment_resources r"
         " join deployments d on d.community_id = r.community_id and d.id = r.deployment_id"
         " where r.community_id = $1 and d.version > $2 union all "
         "select r.kind, r.resource, r.discord_id, r.fields, w.version, r.done_at from reconciliation_resources r"
         " join reconciliations w on w.community_id = r.community_id and w.id = r.reconciliation_id"
         " join shadow_states s on s.community_id = w.community_id and s.manifest_version = w.version"
         " where r.community_id = $1 and s.status = 'applied' and w.created_at > s.applied_at) made"
         " order by version, done_at",
         community.value, result.version))
    if (overlay(
          result.entries, applied,
          {row[0].as<std::string>(), row[1].as<std::string>(), {row[2].as<uint64_t>()}, row[3].as<std::string>()}))
      result.status = "partial";
  return result;
}

struct state {
  state() = default;
  static inline const char* name = "manifests";
  postgres::handle pool;
};

handle::behavior_type behavior(handle::stateful_pointer<state> self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  return {
    [self](const load& m) {
      return postgres::run<record>(self, self->state.pool, "manifests.load", m.community, m.until,
                                   [m](pqxx::transaction_base& tx) { return read(tx, m); });
    },
    [self](const list& m) {
      return postgres::run<listed>(self, self->state.pool, "manifests.list", m.community, m.until,
                                   [m](pqxx::transaction_base& tx) { return read_all(tx, m); });
    },
    [self](const load_shadow& m) {
      return postgres::run<shadow>(self, self->state.pool, "manifests.load_shadow", m.community, m.until,
                                   [m](pqxx::transaction_base& tx) { return read_shadow(tx, m.community); });
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"manifests"}, behavior, std::move(pool));
}
} // namespace arrakis::manifests
