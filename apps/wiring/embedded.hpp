#pragma once
// The embedded servers, and the migration of the database.
#include "adapters/postgres/migrate.hpp"
#include "apps/wiring/addresses.hpp"

#include <memory>

namespace arrakis::embedded {
class servers;
}

namespace arrakis::wiring {

/// The embedded servers, running while the object lives; none if postgres.mode and redis.mode are external.
class embedded_servers {
public:
  /// Blocks until they answer. Throws std::runtime_error with a sentence for the operator.
  explicit embedded_servers(const config&);
  ~embedded_servers();

private:
  std::unique_ptr<embedded::servers> running_;
};

/// Applies the missing migrations. Blocks; the errors of postgres::migrate.
caf::expected<postgres::migrated> migrate(const addresses&);
} // namespace arrakis::wiring
