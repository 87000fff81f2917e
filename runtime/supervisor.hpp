#pragma once
// Supervision after OTP: a parent starts its children in dependency order, watches them, and restarts what crashed.
// What others hold is the address of a router, which does no I/O and outlives its worker: a handle is never stale.
// While the worker is down the router answers ec::unavailable at once.
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace arrakis::supervisor {

/// A child that crashes more than `restarts_max` times within `window` takes its supervisor down, whose parent decides.
struct intensity {
  uint32_t restarts_max = 5;
  std::chrono::milliseconds window{60'000};
  std::chrono::milliseconds backoff_first{
    50}; ///< Doubled with each crash inside the window, times 0.5 to 1.5 by chance.
  std::chrono::milliseconds backoff_max{10'000};
};
/// rest_for_one also restarts the children declared after the one that died, in order, after each of them has ended.
enum class strategy { one_for_one, rest_for_one };

struct child {
  std::string name;
  std::function<caf::actor()> start; ///< Runs on the supervisor's thread at start and at each restart.
  caf::actor router;                 ///< From make_router; invalid when nobody needs an address.
};

struct stop {}; ///< Ends the children in reverse order, each awaited, then the supervisor.
/// Ends this child cleanly and starts it again at once, with what its `start` makes by now; its siblings go on. A child
/// that has ended starts again too. No crash, and an unknown name is nothing.
struct renew {
  std::string name;
};
struct inspect_children {};
struct child_state {
  std::string name;
  bool running = false;
  uint32_t restarts = 0;
  std::string last_error;
};
struct child_states {
  std::vector<child_state> list;
};
struct restart_due {
  size_t index = 0;
  uint64_t epoch = 0;
}; ///< To itself.
using handle = caf::typed_actor<caf::reacts_to<stop>, caf::replies_to<inspect_children>::with<child_states>,
                                caf::reacts_to<restart_due>, caf::reacts_to<renew>>;

/// An address without a worker yet.
caf::actor make_router(caf::actor_system&);
/// The typed form of a router's address; the caller vouches that its workers are of this type.
template <class Handle>
Handle typed(const caf::actor& router) {
  return caf::actor_cast<Handle>(router);
}

/// Starts the children in order. It ends with exit_reason::user_shutdown after `stop`, with ec::quarantined when a
/// child exceeded the intensity. A child that ends with reason none or user_shutdown by itself is not restarted.
handle start(caf::actor_system&, std::string name, std::vector<child> children, strategy = strategy::one_for_one,
             intensity = {});
} // namespace arrakis::supervisor
