#pragma once
// From configuration to ports: the one place that knows which implementation stands behind each.
#include "adapters/objects/messages.hpp"
#include "adapters/postgres/audit/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/redis/client.hpp"
#include "adapters/signer/messages.hpp"
#include "runtime/config.hpp"
#include "runtime/secret.hpp"

#include <caf/actor_system.hpp>
#include <string>

namespace arrakis::net {
class io;
}

namespace arrakis::wiring {

/// Where the servers are: given by the configuration, or by the embedded ones.
struct addresses {
  secret dsn;         ///< arrakis_app
  secret relay_dsn;   ///< arrakis_relay
  secret migrate_dsn; ///< The owner, direct.
  secret redis_url;
  secret queue_url;
};
/// ec::invalid names the key that lacks a value, ec::refused a socket folder that is not ours. For embedded servers
/// these are the sockets below node.state_folder, whether or not the servers run.
caf::expected<addresses> find_addresses(const config&);

std::string signer_folder(const config&);
std::string objects_folder(const config&);
queue::options queue_options(const config&);
redis::options redis_options(const secret& url, const std::string& name);

/// The stores on one pool.
struct stores {
  postgres::handle pool;
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  audit::handle audit;
};
stores open_stores(caf::actor_system&, const secret& dsn, unsigned connections);
} // namespace arrakis::wiring
