#pragma once
// The embedded default: our own PostgreSQL and Redis as child processes, so that `arrakisd` alone on a fresh machine is whole.
// Real servers, on Unix sockets only, with their data in one private folder; watched, and started again when they die.
#include "runtime/error.hpp"

#include <caf/expected.hpp>
#include <memory>
#include <string>

namespace arrakis::embedded {

struct options {
  /// Made when missing, 0700, and given to the children's user; holds postgres/, redis/, run/ and lock. That user must be able
  /// to pass through the folders above it.
  std::string folder;
  std::string postgres_bin = "/usr/lib/postgresql/15/bin"; ///< Debian keeps the servers out of PATH.
  std::string redis_server = "redis-server";
  std::string user; ///< When we are root, who cannot run PostgreSQL; empty: unprivileged_user().
};

/// Both servers, running and migrated. The destructor stops them cleanly: Redis first, then PostgreSQL. While one is being
/// started again after a crash its clients see a lost connection, as with any server. Addresses stay the same for life.
class servers {
public:
  ~servers();
  servers(const servers&) = delete;
  servers& operator=(const servers&) = delete;

  std::string dsn() const;       ///< As arrakis_app.
  std::string relay_dsn() const; ///< As arrakis_relay.
  std::string owner_dsn() const; ///< For migrations.
  std::string redis_url() const; ///< unix://<path>
  int postgres_pid() const;      ///< Of the running child; 0 while it is being started again.
  int redis_pid() const;

private:
  friend caf::expected<std::unique_ptr<servers>> start(options);
  struct impl;
  explicit servers(std::unique_ptr<impl>);
  std::unique_ptr<impl> impl_;
};

/// Starts both and returns when they answer and the database is migrated (about 2 s on a new folder, less than 1 s later). What a
/// crashed earlier run left behind (pid files, sockets, half a database) is cleared away; its data is used. Errors, each with
/// its remedy: ec::conflict, the folder is in use; ec::not_found, a program is missing; ec::refused, folder or user do not
/// fit; ec::unsupported, the data is of another PostgreSQL; ec::unavailable, a server did not come up (with its last lines);
/// and those of postgres::migrate.
caf::expected<std::unique_ptr<servers>> start(options);

} // namespace arrakis::embedded
