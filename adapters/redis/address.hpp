#pragma once
// Where a Redis server is and who we are there.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::redis {
struct address {
  enum kind { unix_socket, tcp, tls } transport = tcp;
  std::string path;              ///< Of a Unix socket.
  std::optional<unsigned> owner; ///< Of a Unix socket: the user id that the server must run as.
  std::string host;
  uint16_t port = 6379;
  std::string user; ///< Empty with a password: Redis' default user.
  secret password;
  int database = 0;
  /// Without user and password, for logs.
  std::string shown() const;
};

/// Reads `unix://[user:password@]/path/to.sock[?db=N&owner=UID]`, `redis://[user:password@]host[:port][/N]` and the
/// same with `rediss://` for TLS. User and password are percent-encoded. ec::invalid names the fault, never the
/// password.
caf::expected<address> parse_address(std::string_view url);
} // namespace arrakis::redis
