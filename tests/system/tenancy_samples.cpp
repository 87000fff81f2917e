#include "tests/system/tenancy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <pqxx/pqxx>

namespace arrakis::tenancy {
namespace {
/// Where a type's sample does not satisfy a check. "table.column" or "column"; a column that is named with its table
/// gets a value even if it could do without.
const std::map<std::string, std::string> samples{
  {"communities.discord_guild_id", "(random() * 1e15)::bigint + 1"},
  {"manifests.sha256", "encode(sha256('{}'::bytea), 'hex')"},
  {"manifests.canonical", "'{}'::bytea"},
  {"outbox.kind", "'store_manifest'"},
  {"role_takings.state", "'counted'"},
  {"reconciliations.plan_sha256", "encode(sha256('{}'::bytea), 'hex')"},
  {"kind", "'role'"},
  {"checksum", "repeat('a', 64)"},
  {"hash", "repeat('a', 64)"},
  {"previous", "repeat('a', 64)"},
};
const std::map<std::string, std::string> by_type{{"uuid", "gen_random_uuid()"},
                                                 {"text", "'s' || md5(random()::text)"},
                                                 {"bigint", "1"},
                                                 {"integer", "1"},
                                                 {"smallint", "1"},
                                                 {"boolean", "true"},
                                                 {"jsonb", "'{}'"},
                                                 {"json", "'{}'"},
                                                 {"bytea", "'x'"},
                                                 {"timestamp with time zone", "now()"},
                                                 {"double precision", "1"},
                                                 {"numeric", "1"},
                                                 {"date", "now()"}};

std::string sample_of(const table& t, const column& c) {
  for (const auto& key : {t.name + "." + c.name, c.name})
    if (const auto found = samples.find(key); found != samples.end())
      return found->second;
  const auto found = by_type.find(c.type);
  return found == by_type.end() ? "null" : found->second;
}

/// Adds the values of the columns of `r`, out of a row of `tenant`.
void refer(pqxx::work& tx, const table& t, const reference& r, const std::string& tenant,
           std::map<std::string, std::string>& values) {
  for (size_t i = 0; i < r.columns.size(); ++i) {
    if (r.columns[i] == t.tenant_column)
      continue;
    const auto rows = tx.exec_params(
      fmt::format("select {} from {} where community_id = $1 limit 1", r.target_columns[i], r.target), tenant);
    if (!rows.empty() && !rows[0][0].is_null())
      values[r.columns[i]] = tx.quote(rows[0][0].as<std::string>());
  }
}

std::map<std::string, std::string> references(pqxx::connection_base& owner, const table& t, const std::string& tenant,
                                              const reference* crossing, const std::string& other) {
  std::map<std::string, std::string> values;
  pqxx::work tx{owner};
  for (const auto& r : t.references)
    refer(tx, t, r, tenant, values);
  if (crossing)
    refer(tx, t, *crossing, other, values);
  return values;
}
} // namespace

std::string sample_row(pqxx::connection_base& owner, const table& t, const std::string& tenant,
                       const reference* crossing, const std::string& other) {
  const auto referring = references(owner, t, tenant, crossing, other);
  std::vector<std::string> names, values;
  for (const auto& c : t.columns) {
    const auto parent = referring.find(c.name);
    if (c.name == t.tenant_column)
      values.push_back("'" + tenant + "'");
    else if (parent != referring.end())
      values.push_back(parent->second);
    else if (c.needs_value || samples.contains(t.name + "." + c.name))
      values.push_back(sample_of(t, c));
    else
      continue;
    names.push_back(c.name);
  }
  return fmt::format("insert into {} ({}) values ({})", t.name, fmt::join(names, ", "), fmt::join(values, ", "));
}

findings fill(pqxx::connection_base& owner, const std::vector<table>& tables, const std::vector<std::string>& tenants) {
  findings found;
  for (const auto& t : tables)
    for (const auto& tenant : tenants)
      if (!t.tenant_column.empty() && !reason_to_be_global(t.name))
        try {
          const auto row = sample_row(owner, t, tenant);
          pqxx::work tx{owner};
          tx.exec(row);
          tx.commit();
        } catch (const pqxx::failure& e) {
          found.push_back(fmt::format("{}: cannot be filled, give tenancy_samples.cpp a value: {}", t.name, e.what()));
        }
  return found;
}
} // namespace arrakis::tenancy
