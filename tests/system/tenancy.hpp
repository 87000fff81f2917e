#pragma once
// Does one tenant see or harm another? Asked of the catalogue and of the running database, so that a table that comes
// later is judged without an edit here. What is allowed to be different stands in the lists of tenancy_catalogue.cpp,
// with its reason.
#include "tests/support/servers.hpp"

#include <string>
#include <vector>

namespace pqxx {
class connection_base;
}

namespace arrakis::tenancy {

/// A column of a table.
struct column {
  std::string name, type;
  bool needs_value = false; ///< Not null, without default.
};
/// A foreign key.
struct reference {
  std::string name;
  std::vector<std::string> columns;
  std::string target;
  std::vector<std::string> target_columns;
};
/// A table of the database.
struct table {
  std::string name;
  std::string tenant_column; ///< Empty: the table has none.
  std::vector<column> columns;
  std::vector<reference> references; ///< To other tenant tables, beyond the tenant column itself.
};
using findings = std::vector<std::string>; ///< One sentence for each way that stands open; empty: none was found.

/// All tables outside of PostgreSQL's own schemas; those that are referred to come first.
std::vector<table> read_tables(pqxx::connection_base& owner);
/// Null for a tenant table, else why it is none of them.
const char* reason_to_be_global(const std::string& table);

/// Findings in PostgreSQL's catalogue: row level security, policies, keys, rights, views, functions, roles.
findings judge_catalogue(pqxx::connection_base& owner);

/// The statement that puts a row of `tenant` into `t`. It refers to rows of the same tenant, but by `crossing` to one
/// of `other`.
std::string sample_row(pqxx::connection_base& owner, const table& t, const std::string& tenant,
                       const reference* crossing = nullptr, const std::string& other = {});
/// Rows of both tenants in every tenant table. A table that cannot be filled is a finding.
findings fill(pqxx::connection_base& owner, const std::vector<table>& tables, const std::vector<std::string>& tenants);

/// Attempts of arrakis_app through PgBouncer in transaction mode, and arrakis_relay directly. Needs `fill`.
findings attack(const test::postgres_server&, pqxx::connection_base& owner, const std::vector<table>& tables,
                const std::string& mine, const std::string& foreign);

/// All of the above; afterwards the attack once more with every right on every table granted, so that row level
/// security stands alone.
findings examine(const test::postgres_server&);

} // namespace arrakis::tenancy
