#pragma once
// The embedded default: a private PostgreSQL and a private Redis as children of the daemon, real servers on Unix
// sockets only. A child that dies is started again; all state lies below one folder. Everything here blocks.
#include "runtime/error.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace arrakis::embedded {

struct options {
  std::string folder; ///< Made when missing, 0700.
  bool postgres = true;
  bool redis = true;
  std::chrono::milliseconds patience{
    60'000}; ///< For a server to answer after its start; recovery after a crash included.
};

/// Where the servers listen, whether or not they run: below the folder, or, when a socket's path would be longer than
/// the system allows (107 bytes) or has a comma, in a private folder below /tmp whose name is made from the folder's
/// path.
std::string socket_folder(const std::string& folder);
/// Connection strings for libpq; `user` is arrakis_app, arrakis_relay or arrakis_owner.
std::string dsn(const std::string& folder, const std::string& user);
std::string redis_url(const std::string& folder);

/// A socket folder below /tmp is a place where everybody may make things first. ec::refused, with what to do, when it
/// is there and is no folder, somebody else's, or open to others; nothing in it may be used then.
caf::error check_socket_folder(const std::string& folder);
/// What such a connection string and such a URL say more, so that each connection asks the kernel who answers and talks
/// to a server of this process's own user alone. The folder may be taken away and made anew by others (a cleaner of
/// /tmp) at any time. The first is empty for a user without an entry in the password database, whom libpq cannot name.
std::string dsn_of_own_server();
std::string url_of_own_server();

class servers {
public:
  /// Starts what is asked for and waits until it answers; the database `arrakis` exists then, not yet migrated. Refuses
  /// to run as root (the caller becomes another user first). Throws std::runtime_error naming the folder, the end of
  /// the server's log and what to do: the folder is in use by another process, a program is missing.
  explicit servers(options);
  /// Ends Redis, then PostgreSQL (fast shutdown), each awaited.
  ~servers();
  servers(const servers&) = delete;
  servers& operator=(const servers&) = delete;

  int postgres_pid() const; ///< -1 while it is being started again.
  int redis_pid() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis::embedded
