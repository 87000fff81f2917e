#pragma once
// HTTP over a Unix socket in the state folder, for the operator: the running actors and their figures. `arrakisctl
// actors` and `arrakisctl tree` ask it. A request sends no message to any actor.
#include "runtime/net/http_server.hpp"
#include "runtime/registry/registry.hpp"

#include <string>

namespace arrakis::operator_api {

/// Maximum of actors in one answer; a larger `limit` is refused.
inline constexpr size_t actors_max = 1'000;

/// Absolute path of the socket of the daemon with this state folder.
std::string socket_path(const std::string& state_folder);

/// Options of the listener: mode 0600 (this user and root), few connections, requests without a body.
net::http_server_options listener_options(const std::string& state_folder);

/// Handler of the operator's socket. GET /tree: {"tree": [...]}, the declared nodes with their
/// state. GET /actors?path=PATH&sort=mailbox|age|restarts|rate&limit=N: {"total", "actors":
/// [...], "kinds": [...]}, the actors at and below PATH, at most `limit`, sorted descending
/// (rate: by handled messages; two requests give a rate). Errors: 400 for another parameter, 404,
/// 405.
net::http_server::handler handler(registry::tree_node root);

} // namespace arrakis::operator_api
