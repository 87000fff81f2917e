#pragma once
// Leases over the cluster: of all processes at most one holds a name at a time, and it ends by itself when its holder
// falls silent.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <chrono>
#include <string>

namespace arrakis::leases {

/// Who asks. `node` outlives a restart and belongs to one process at a time, so what its dead predecessor held is its
/// own; empty: a process without a lasting name.
struct holder {
  std::string node;
  std::string incarnation; ///< Of this process; not empty.
};

/// Takes the lease or renews it. Whoever holds it may act from the answer until `lasts` after it ASKED, less what its
/// clock may be wrong: the server reckons from a later moment.
struct acquire {
  std::string name;
  holder who;
  std::chrono::milliseconds lasts{0};
  /// Takes a free lease only where its holder gave it back. Asked by who saw it held and knows that it cannot have run
  /// out yet: then it is missing because Redis was emptied, and its holder still acts.
  bool only_if_released = false;
  deadline until;
};
struct lease_state {
  bool mine = false;
  std::string by;                    ///< Somebody else: "node:incarnation". Empty: it is missing, see above.
  std::chrono::milliseconds left{0}; ///< Somebody else's: it ends after this unless it is renewed.
};
/// Gives it back, so that another need not wait for its end. Harmless where it is not one's own.
struct release {
  std::string name;
  holder who;
  deadline until;
};
struct released {};

/// ec::unavailable or ec::unknown without Redis: nobody knows who holds it, and who held it goes on until its time is
/// over.
using handle = caf::typed_actor<caf::replies_to<acquire>::with<lease_state>, caf::replies_to<release>::with<released>>;

} // namespace arrakis::leases
