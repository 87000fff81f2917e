#pragma once
// One connection on a thread of its own. Inside of the pool: nobody else talks to a worker.
#include "adapters/postgres/pool.hpp"

#include <mutex>

namespace arrakis::postgres::worker {

/// The socket of a worker's connection, for the one who must cut it: a blocked libpq call ends when its socket is shut
/// down.
class line {
public:
  void open(int fd) {
    std::lock_guard lock{mutex_};
    fd_ = fd;
  }
  void close() { open(-1); }
  /// Ends whatever waits on the socket. The lock keeps the number from naming another file meanwhile.
  void cut();

private:
  std::mutex mutex_;
  int fd_ = -1;
};

/// connecting: the first try, also after a loss, is under way; away: a try has failed, further ones follow.
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
struct connect {};
struct inspect {};
using handle =
  caf::typed_actor<caf::replies_to<transaction>::with<committed>, caf::reacts_to<connect>, caf::reacts_to<inspect>>;

struct setup {
  secret dsn;
  size_t slot = 0;
  uint64_t life = 0;
  caf::actor_addr pool;         ///< Weak: the pool owns its workers, not the other way round.
  std::shared_ptr<line> socket; ///< Shared with the pool, which outlives or replaces the worker.
  std::chrono::milliseconds silent_max{0};
};
handle start(caf::actor_system&, setup);

} // namespace arrakis::postgres::worker
