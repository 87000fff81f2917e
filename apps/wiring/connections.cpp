#include "apps/wiring/connections.hpp"

#include "adapters/embedded/embedded.hpp"
#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/communities/communities.hpp"
#include "adapters/postgres/deployments/deployments.hpp"
#include "adapters/postgres/manifests/manifests.hpp"

namespace arrakis::wiring {
namespace {
bool embedded_mode(const config& c, const char* key) { return c.text(key) == "embedded"; }

caf::error missing(const char* key) {
  return fail(ec::invalid, std::string{key} + ": needed when the mode is external; set it, or " + key + "_file");
}

std::string folder_or(const config& c, const char* key, const char* standard) {
  const auto& given = c.text(key);
  return given.empty() ? c.text("node.state_folder") + "/" + standard : given;
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

std::string signer_folder(const config& c) { return folder_or(c, "signer.folder", "keys"); }
std::string objects_folder(const config& c) { return folder_or(c, "objects.folder", "objects"); }

queue::options queue_options(const config& c) {
  queue::options o;
  o.prefix = c.text("queue.prefix");
  o.name = c.text("queue.name");
  o.concurrency = static_cast<unsigned>(c.integer("queue.concurrency"));
  o.lock = c.milliseconds("queue.lock_ms");
  o.renew = c.milliseconds("queue.renew_ms");
  o.stalled_check = c.milliseconds("queue.stalled_ms");
  o.stalled_max = static_cast<int>(c.integer("queue.max_stalled"));
  o.keep_completed = std::chrono::seconds{c.integer("queue.keep_completed_s")};
  o.keep_failed = std::chrono::seconds{c.integer("queue.keep_failed_s")};
  return o;
}

redis::options redis_options(const secret& url, const std::string& name) {
  redis::options o;
  o.url = url;
  o.name = name;
  o.watch_every = std::chrono::milliseconds{500}; // Four turns of silence and one of waiting: within 3 s.
  return o;
}

stores open_stores(caf::actor_system& sys, const secret& dsn, unsigned connections) {
  stores s;
  s.pool = postgres::start(sys, {dsn.reveal(), connections});
  s.communities = communities::start(sys, s.pool);
  s.manifests = manifests::start(sys, s.pool);
  s.deployments = deployments::start(sys, s.pool);
  s.audit = audit::start(sys, s.pool);
  return s;
}

} // namespace arrakis::wiring
