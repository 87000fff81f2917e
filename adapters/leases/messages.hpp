#pragma once
// Leases over the cluster: at most one process holds a name at a time. A lease expires when its holder stops renewing
// it.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>

namespace arrakis::leases {

/// Identity of a holder. `node` survives a restart and belongs to one process at a time, so a process inherits the
/// leases of its dead predecessor; empty: a process without a lasting name.
struct holder {
  std::string node;
  std::string incarnation; ///< Id of this process; not empty.
};

/// Acquires or renews a lease. The holder may act until `ttl` after it SENT the request, less the possible drift of
/// its clock: the server counts from a later moment. -> lease_state
struct acquire {
  std::string name;
  holder who;
  std::chrono::milliseconds ttl{0};
  /// Takes a free lease only where its holder released it. For a caller that saw the lease held and knows that it
  /// cannot have expired yet: if it is missing, Redis was emptied and the holder still acts.
  bool only_if_released = false;
  deadline until;
};
/// State of a lease after the request.
struct lease_state {
  bool mine = false;
  std::string by;                    ///< Another holder: "node:incarnation". Empty: the lease is missing, see above.
  std::chrono::milliseconds left{0}; ///< Remaining time of another holder's lease.
};
/// Releases a lease, so that others need not wait for its end. No effect on another holder's lease. -> released
struct release {
  std::string name;
  holder who;
  deadline until;
};
/// Answer to release.
struct released {};

/// Handle of the port. ec::unavailable or ec::unknown without Redis: the holder is unknown, and the last holder acts
/// until its lease expires.
using handle = caf::typed_actor<caf::replies_to<acquire>::with<lease_state>, caf::replies_to<release>::with<released>>;

} // namespace arrakis::leases
