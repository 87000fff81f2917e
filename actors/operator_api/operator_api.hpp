#pragma once
// HTTP over a Unix socket in the state folder, for the operator: the running actors and their figures. `arrakisctl
// actors` and `arrakisctl tree` ask it. A request sends no message to any actor.
#include "runtime/net/http_server.hpp"
#include "runtime/registry/registry.hpp"

#include <string>

namespace arrakis::operator_api {

/// Actors in one answer; a larger `limit` is refused.
inline constexpr size_t actors_max = 1'000;

/// The socket of the daemon with this state folder, an absolute path.
std::string socket_path(const std::string& state_folder);

/// Options of the listener: mode 0600, this user and root alone, few connections, requests without a body.
net::http_server_options listener_options(const std::string& state_folder);

/// GET /tree: {"tree": [...]}, the declared places with their state.
/// GET /actors?path=PATH&sort=mailbox|age|restarts|rate&limit=N: {"total", "actors": [...], "kinds": [...]}; the actors
/// at and below PATH, at most `limit`, those with the most first (rate: the most messages handled; who asks twice knows
/// the rate).
/// 400 for a parameter that is none of these, 404, 405.
net::http_server::handler handler(registry::tree_node root);

} // namespace arrakis::operator_api
