#include "apps/wiring/embedded.hpp"

#include "adapters/embedded/embedded.hpp"

namespace arrakis::wiring {

embedded_servers::embedded_servers(const config& settings) {
  embedded::options o;
  o.folder = settings.text("node.state_folder");
  o.postgres = settings.text("postgres.mode") == "embedded";
  o.redis = settings.text("redis.mode") == "embedded";
  if (o.postgres || o.redis)
    running_ = std::make_unique<embedded::servers>(std::move(o));
}

embedded_servers::~embedded_servers() = default;

caf::expected<postgres::migrated> migrate(const addresses& where) { return postgres::migrate(where.migrate_dsn); }
} // namespace arrakis::wiring
