#pragma once
// Embedded default: a private PostgreSQL and a private Redis as child processes of the daemon, real servers on Unix
// sockets only. A child that dies is restarted; all state is below one folder. Every function here blocks.
#include "runtime/error.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace arrakis::embedded {

/// Settings of the embedded servers.
struct options {
  std::string folder; ///< Created when missing, mode 0700.
  bool postgres = true;
  bool redis = true;
  std::chrono::milliseconds patience{60'000}; ///< Timeout of a server's first answer, crash recovery included.
};

/// Folder of the servers' sockets: below `folder`, or, when a socket's path would be longer than the system allows
/// (107 bytes) or has a comma, a private folder below /tmp whose name is derived from the path. Independent of whether
/// they run.
std::string socket_folder(const std::string& folder);
/// Connection string for libpq; `user`: arrakis_app, arrakis_relay or arrakis_owner.
std::string dsn(const std::string& folder, const std::string& user);
/// URL of the embedded Redis (adapters/redis/address.hpp).
std::string redis_url(const std::string& folder);

/// Checks the socket folder, because any user may create entries below /tmp. ec::refused, with the remedy: it exists
/// and is not a folder, belongs to another user, or is open to others; nothing in it may be used then.
caf::error check_socket_folder(const std::string& folder);
/// Addition to the connection string that accepts only a server of this process's own user (libpq's requirepeer),
/// because others may remove and recreate the folder (a cleaner of /tmp) at any time. Empty for a user without an entry
/// in the password database, because libpq cannot name one.
std::string dsn_of_own_server();
/// Addition to the Redis URL for the same purpose (`owner=`).
std::string url_of_own_server();

/// The running servers.
class servers {
public:
  /// Starts the chosen servers and waits until they answer; the database `arrakis` exists then, not migrated. Refuses
  /// to run as root (the caller becomes another user first). Throws std::runtime_error naming the folder, the end of
  /// the server's log and what to do: the folder is in use by another process, a program is missing.
  explicit servers(options);
  /// Ends Redis, then PostgreSQL (fast shutdown), each awaited.
  ~servers();
  servers(const servers&) = delete;
  servers& operator=(const servers&) = delete;

  int postgres_pid() const; ///< -1 during a restart.
  int redis_pid() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis::embedded
