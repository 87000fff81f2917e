#pragma once
// Worker of the pool: one connection on its own thread. Private to the pool.
#include "adapters/postgres/pool.hpp"

#include <mutex>

namespace arrakis::postgres::worker {

/// Socket of a worker's connection, shared with the pool, which can shut it down to end a blocked libpq call.
class line {
public:
  void open(int fd) {
    std::lock_guard lock{mutex_};
    fd_ = fd;
  }
  void close() { open(-1); }
  /// Shuts the socket down. The lock prevents that the descriptor is reused meanwhile.
  void cut();

private:
  std::mutex mutex_;
  int fd_ = -1;
};

/// State of the connection. connecting: first try, also after a loss; away: a try failed, further ones follow.
enum class link { connecting, connected, away };
/// Tells the pool about the connection. `life` is the worker's number: news of an earlier one in the same slot is
/// ignored.
struct connection_change {
  size_t slot = 0;
  uint64_t life = 0;
  link connection = link::connecting;
  std::string detail;
};

using listener = caf::typed_actor<caf::reacts_to<connection_change>>;
/// Tells the worker to connect.
struct connect {};
/// Tells the worker to probe the server.
struct inspect {};
using handle =
  caf::typed_actor<caf::replies_to<transaction>::with<committed>, caf::reacts_to<connect>, caf::reacts_to<inspect>>;

/// Settings of a worker.
struct setup {
  secret dsn;
  size_t slot = 0;
  uint64_t life = 0;
  caf::actor_addr pool;         ///< Weak, because the pool owns its workers.
  std::shared_ptr<line> socket; ///< Shared with the pool, which outlives or replaces the worker.
  std::chrono::milliseconds silent_max{0};
};
/// Starts a worker.
handle start(caf::actor_system&, setup);

} // namespace arrakis::postgres::worker
