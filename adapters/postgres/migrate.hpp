#pragma once
// Schema migrations of PostgreSQL. Blocking; for `arrakisd migrate`, the embedded default and tests.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"
#include "schemas/migrations/migrations.hpp"

#include <caf/expected.hpp>
#include <string>
#include <vector>

namespace arrakis::postgres {

/// Result of a migration.
struct migrated {
  std::vector<std::string> applied; ///< Migrations applied by this call, in order.
  size_t known = 0;                 ///< Number of migrations in the database now.
};

/// Applies what is missing of `list`, in order, each in a transaction of its own, under an advisory lock (two callers
/// at once take turns). `dsn` is a direct connection (not PgBouncer) as the owner. Errors: ec::unavailable, the server
/// is away; ec::refused, an applied file was edited, renumbered or removed; ec::unsupported, the database is ahead of
/// this build; ec::invalid, a file's SQL fails (nothing of that file stays).
caf::expected<migrated> migrate(const secret& dsn, const std::vector<migrations::migration>& list = migrations::all());

} // namespace arrakis::postgres
