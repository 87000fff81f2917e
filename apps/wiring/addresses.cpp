#include "apps/wiring/addresses.hpp"

#include "adapters/embedded/embedded.hpp"

namespace arrakis::wiring {
namespace {
bool embedded_mode(const config& c, const char* key) { return c.text(key) == "embedded"; }

caf::error missing(const char* key) {
  return fail(ec::invalid, std::string{key} + ": needed when the mode is external; set it, or " + key + "_file");
}
} // namespace

caf::expected<addresses> find_addresses(const config& c) {
  const auto& state = c.text("node.state_folder");
  addresses a;
  const bool postgres_inside = embedded_mode(c, "postgres.mode"), redis_inside = embedded_mode(c, "redis.mode");
  if (postgres_inside || redis_inside)
    if (auto bad = embedded::check_socket_folder(state))
      return bad;
  if (postgres_inside) {
    const auto own = embedded::dsn_of_own_server();
    a.dsn = secret{embedded::dsn(state, "arrakis_app") + own};
    a.relay_dsn = secret{embedded::dsn(state, "arrakis_relay") + own};
    a.migrate_dsn = secret{embedded::dsn(state, "arrakis_owner") + own};
  } else {
    a.dsn = c.secret("postgres.dsn");
    a.relay_dsn = c.secret("postgres.relay_dsn");
    a.migrate_dsn = c.secret("postgres.migrate_dsn");
  }
  a.redis_url = redis_inside ? secret{embedded::redis_url(state) + embedded::url_of_own_server()}
                             : c.secret("redis.url");
  a.queue_url = redis_inside ? a.redis_url : c.secret("redis.queue_url");
  if (a.queue_url.empty())
    a.queue_url = a.redis_url;
  if (a.dsn.empty())
    return missing("postgres.dsn");
  if (a.redis_url.empty())
    return missing("redis.url");
  return a;
}

caf::expected<secret> admin_dsn(const config& c) {
  if (embedded_mode(c, "postgres.mode"))
    return secret{embedded::dsn(c.text("node.state_folder"), "arrakis_admin") + embedded::dsn_of_own_server()};
  auto given = c.secret("postgres.admin_dsn");
  if (given.empty())
    return missing("postgres.admin_dsn");
  return given;
}

std::string embedded_postgres_socket(const config& c) {
  return embedded_mode(c, "postgres.mode") ? embedded::socket_folder(c.text("node.state_folder")) + "/.s.PGSQL.5432"
                                           : "";
}

std::string folder_or(const config& c, const char* key, const char* standard) {
  const auto& given = c.text(key);
  return given.empty() ? c.text("node.state_folder") + "/" + standard : given;
}

} // namespace arrakis::wiring
