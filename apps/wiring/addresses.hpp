#pragma once
// Addresses of the servers and folders that the configuration names.
#include "runtime/config.hpp"
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <string>

namespace arrakis::wiring {

/// Addresses of the servers: from the configuration, or of the embedded servers.
struct addresses {
  secret dsn;         ///< arrakis_app
  secret relay_dsn;   ///< arrakis_relay
  secret migrate_dsn; ///< The owner, direct.
  secret redis_url;
  secret queue_url;
};
/// Returns the addresses; for embedded servers their sockets below node.state_folder, whether or not they run.
/// ec::invalid names a key without a value, ec::refused a socket folder of another user.
caf::expected<addresses> find_addresses(const config&);

/// Returns the connection string of arrakis_admin. Only for a terminal: no daemon connects with it. ec::invalid names
/// the key without a value.
caf::expected<secret> admin_dsn(const config&);

/// Returns the socket of the embedded PostgreSQL, whether or not it runs; empty if postgres.mode is external.
std::string embedded_postgres_socket(const config&);

/// Returns `key`, or the folder `standard` below node.state_folder where the key is empty.
std::string folder_or(const config&, const char* key, const char* standard);
} // namespace arrakis::wiring
