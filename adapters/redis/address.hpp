#pragma once
// Address of a Redis server and the credentials for it.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::redis {
/// A parsed Redis URL.
struct address {
  /// Transports.
  enum kind { unix_socket, tcp, tls } transport = tcp;
  std::string path;              ///< Path of the Unix socket.
  std::optional<unsigned> owner; ///< Unix socket only: user id that the server must run as.
  std::string host;
  uint16_t port = 6379;
  std::string user; ///< Empty with a password: Redis' default user.
  secret password;
  int database = 0;
  /// Address without user and password, for logs.
  std::string shown() const;
};

/// Parses `unix://[user:password@]/path/to.sock[?db=N&owner=UID]`, `redis://[user:password@]host[:port][/N]` and the
/// same with `rediss://` for TLS. User and password are percent-encoded. ec::invalid names the fault, never the
/// password.
caf::expected<address> parse_address(std::string_view url);
} // namespace arrakis::redis
