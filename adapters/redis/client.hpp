#pragma once
// A link to one Redis server, over one connection. Commands of one turn of the io thread leave in one write; replies
// come back in the order of the commands. It reconnects by itself, with back-off and jitter.
#include "adapters/redis/link.hpp"
#include "runtime/secret.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <string>

namespace arrakis::net {
class io;
}

namespace arrakis::redis {

struct options {
  secret url;         ///< address.hpp says what is allowed.
  secret ca;          ///< For rediss://: PEM of the authorities that may sign the server; empty: the system's store.
  secret certificate; ///< For rediss://: PEM of our certificate and its chain, for a server that asks for one.
  secret key;         ///< PEM of its private key; both or none.
  std::string user;   ///< Of the ACL, where the URL has a password and no user.
  std::string name;   ///< CLIENT SETNAME, so that an operator sees who is connected; empty: none.
  std::chrono::milliseconds connect_within{5000}; ///< Resolve, connect, TLS, AUTH, SELECT and PING together.
  std::chrono::milliseconds back_off_first{50};   ///< Doubled with each failed attempt, drawn from its upper half.
  std::chrono::milliseconds back_off_max{5000};
  /// A call passed its deadline and the server has not said a word for so long: the connection is taken for dead and
  /// made anew. Zero: at once (a connection for blocking commands).
  std::chrono::milliseconds silence_max{10'000};
  /// The server is asked so often whether it answers, takes writes and keeps its keys (`status`). After 4 turns without
  /// a byte calls are refused at once until it is heard again. Zero: it is not asked.
  std::chrono::milliseconds watch_every{0};
  std::string watch_key = "arrakis:watch"; ///< Written without effect; nothing is ever stored there.
  size_t outbox_max = 20'000;              ///< Calls waiting or in flight; the next answers ec::busy. About 1 KiB each.
  size_t outbox_bytes_max = 64u << 20;     ///< Their bytes.
};

/// Connects in the background. Throws std::runtime_error for a wrong URL, certificate or key. `io` must live
/// longer than all copies of the link. The last copy's end (or stop) closes the connection: open calls then answer as a
/// lost one's do.
link connect(net::io& io, options how);

/// ec::invalid, with a sentence: `connect` would throw. Asks no server.
caf::error check(const options&);

/// An actor that speaks for `to`: the port of messages.hpp. Deadlines are those of the actor's clock.
handle start(caf::actor_system&, link to);

} // namespace arrakis::redis
