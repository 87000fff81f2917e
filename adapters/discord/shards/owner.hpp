#pragma once
// Owner of one shard. Only the process that holds the shard's lease connects it; the others stand by, and resume the
// session when the lease expires or is released.
#include "adapters/discord/gateway/messages.hpp"
#include "adapters/discord/shards/lease_term.hpp"
#include "adapters/leases/messages.hpp"

#include <caf/actor_system.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::discord::shards::owner {

/// Settings of the owner.
struct options {
  int shard = 0;
  leases::holder who;
  /// Life of the lease. After its holder's death a shard is disconnected for `ttl` + `poll_every` (P8: 15 s).
  std::chrono::milliseconds ttl{6'000};
  std::chrono::milliseconds renew{1'500};      ///< At most a quarter of `ttl`: two lost renewals do no harm.
  std::chrono::milliseconds poll_every{1'000}; ///< Poll interval of a standby.
  std::chrono::milliseconds margin{500};       ///< The holder stops this long before the lease ends.
  std::chrono::milliseconds ask_within{1'000};
  std::chrono::milliseconds end_within{3'000}; ///< A shard that does not end by then is killed.
};

/// Actors of one lease term: the shard, and helpers that end after it.
struct running_term {
  discord::shard shard;
  std::vector<caf::actor> helpers;
};
using start_term = std::function<running_term(std::shared_ptr<lease_term>)>;

/// Starts the owner. It answers as the shard: its state while it runs here, else "standby" (another process has it) or
/// "leaderless" (the holder is unknown: Redis is away). A shard whose lease lapsed without an answer of Redis stays
/// connected, closed to all but the reply of lease_guard::handler, until Redis names the holder; then it ends. On an
/// exit message it ends the shard, releases the lease, and ends.
discord::shard start(caf::actor_system&, leases::handle, options, start_term);

} // namespace arrakis::discord::shards::owner
