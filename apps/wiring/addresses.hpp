#pragma once
// Where the servers and folders are that the configuration names.
#include "runtime/config.hpp"
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <string>

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

/// The socket of the embedded PostgreSQL, whether or not it runs; empty: postgres.mode is external.
std::string embedded_postgres_socket(const config&);

/// `key`, or the folder `standard` below node.state_folder where the key is empty.
std::string folder_or(const config&, const char* key, const char* standard);
} // namespace arrakis::wiring
