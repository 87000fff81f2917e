#include "adapters/postgres/migrate.hpp"

#include "adapters/postgres/connect.hpp"
#include "adapters/postgres/failures.hpp"
#include "schemas/canonical_json.hpp"

#include <pqxx/pqxx>

namespace arrakis::postgres {
namespace {
struct stopped {
  caf::error why;
};

/// Key of the advisory lock; such locks are per database.
constexpr const char* lock = "select pg_advisory_lock(hashtext('arrakis.migrate'))";

std::vector<std::pair<std::string, std::string>> applied_before(pqxx::connection& db) {
  pqxx::work tx{db};
  tx.exec("create table if not exists schema_migrations (position integer primary key, name text not null unique,"
          " sha256 text not null, applied_at timestamptz not null default now())");
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& row : tx.exec("select name, sha256 from schema_migrations order by position"))
    result.emplace_back(row[0].as<std::string>(), row[1].as<std::string>());
  tx.commit();
  return result;
}

void compare(const std::vector<std::pair<std::string, std::string>>& have,
             const std::vector<migrations::migration>& want) {
  for (size_t i = 0; i < have.size(); ++i) {
    const auto& [name, hash] = have[i];
    if (i >= want.size())
      throw stopped{fail(ec::unsupported, "the database has migration " + name
                                            + ", which this build does not know: "
                                              "start a build at least as new as the one that migrated it")};
    if (want[i].name != name)
      throw stopped{fail(ec::refused, "migration " + name + " was applied in the place where this build has "
                                        + std::string{want[i].name}
                                        + ": restore the file and give the new one the next number")};
    if (const auto now = sha256_hex(want[i].sql); now != hash)
      throw stopped{fail(ec::refused, "migration " + name + " was edited after it was applied (SHA-256 " + hash
                                        + " in the database, " + now
                                        + " here): restore the file and put the change into "
                                          "a new migration with the next number")};
  }
}

void apply(pqxx::connection& db, size_t position, const migrations::migration& one) {
  pqxx::work tx{db};
  try {
    tx.exec(std::string{one.sql});
  } catch (const pqxx::sql_error& e) {
    throw stopped{fail(ec::invalid, "migration " + std::string{one.name} + ": " + e.what())};
  }
  tx.exec_params("insert into schema_migrations (position, name, sha256) values ($1, $2, $3)", position,
                 std::string{one.name}, sha256_hex(one.sql));
  tx.commit();
}

/// Rights on the database itself are in no dump and no template, so they are set each time. No temporary tables: behind
/// PgBouncer they would outlive their transaction's client.
void set_database_rights(pqxx::connection& db) {
  pqxx::work tx{db};
  const auto name = tx.quote_name(tx.exec1("select current_database()")[0].as<std::string>());
  tx.exec("revoke all on database " + name + " from public");
  tx.exec("grant connect on database " + name + " to arrakis_app, arrakis_relay, arrakis_admin");
  tx.commit();
}
migrated migrate_over(const char* dsn, const std::vector<migrations::migration>& list) {
  pqxx::connection db{dsn};
  db.set_variable("client_min_messages", "warning");
  pqxx::nontransaction{db}.exec(lock); // Until the connection closes.
  const auto have = applied_before(db);
  compare(have, list);
  migrated result;
  for (size_t i = have.size(); i < list.size(); ++i) {
    apply(db, i + 1, list[i]);
    result.applied.emplace_back(list[i].name);
  }
  if (!list.empty())
    set_database_rights(db);
  result.known = list.size();
  return result;
}
} // namespace

caf::expected<migrated> migrate(const secret& dsn, const std::vector<migrations::migration>& list) {
  try {
    const auto whole = complete(dsn);
    return whole.lend([&](std::string_view text) { return migrate_over(text.data(), list); });
  } catch (const stopped& s) {
    return s.why;
  } catch (const std::exception& e) {
    return connect_error(e, dsn);
  }
}
} // namespace arrakis::postgres
