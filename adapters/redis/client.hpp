#pragma once
// A link to one Redis server over one pipelined connection. Commands of one turn of the io thread leave in one write;
// replies arrive in the order of the commands. It reconnects by itself, with back-off and jitter.
#include "adapters/redis/link.hpp"
#include "runtime/secret.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <string>

namespace arrakis::net {
class io;
}

namespace arrakis::redis {

/// Settings of a connection.
struct options {
  secret url;         ///< As parse_address (address.hpp) reads it.
  secret ca;          ///< For rediss://: PEM of the trusted authorities; empty: the system's store.
  secret certificate; ///< For rediss://: PEM of the client certificate and its chain, for a server that asks for one.
  secret key;         ///< PEM of the client's private key; both or none.
  std::string user;   ///< ACL user where the URL has a password and no user.
  std::string name;   ///< Connection name (CLIENT SETNAME), for operators; empty: none.
  std::chrono::milliseconds connect_within{5000}; ///< Timeout of resolve, connect, TLS, AUTH, SELECT and PING together.
  std::chrono::milliseconds back_off_first{50};   ///< Doubled with each failed attempt; random in the upper half.
  std::chrono::milliseconds back_off_max{5000};
  /// The connection is replaced when a call passed its deadline and no byte has arrived for this long. Zero: as soon as
  /// a call passes its deadline (connections for blocking commands).
  std::chrono::milliseconds silence_max{10'000};
  /// Interval of the health probe: does the server answer, accept writes, and never evict keys (`status`)? After 4
  /// intervals without a byte, calls fail at once until the server answers again. Zero: no probe.
  std::chrono::milliseconds watch_every{0};
  std::string watch_key = "arrakis:watch"; ///< Key of the probe's write, which stores nothing.
  size_t outbox_max = 20'000;          ///< Limit of outstanding calls; the next fails with ec::busy. About 1 KiB each.
  size_t outbox_bytes_max = 64u << 20; ///< Limit of their bytes.
};

/// Connects in the background. Throws std::runtime_error for a wrong URL, certificate or key. `io` must outlive all
/// copies of the link. The end of the last copy (or stop) closes the connection; outstanding calls then fail as after
/// a lost connection.
link connect(net::io& io, options how);

/// Checks options without a server. ec::invalid: `connect` would throw; the text says why.
caf::error check(const options&);

/// Starts the actor of the port (messages.hpp) over `to`. Deadlines refer to the actor's clock.
handle start(caf::actor_system&, link to);

} // namespace arrakis::redis
