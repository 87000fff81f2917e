#pragma once
// Supervision after OTP: supervisors in a named tree start their children in the order of dependency, watch them, and
// restart what crashed. A supervisor that has to restart too often gives up, and its own supervisor decides.
// What others hold is the address of a router, which does no I/O and outlives its worker: a handle is never stale.
// While the worker is down the router answers ec::unavailable at once.
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "runtime/registry/registry.hpp"

#include <atomic>
#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::supervisor {

/// Restart intensity: a child that crashes more than `restarts_max` times within `window` ends its supervisor, whose
/// own supervisor decides then. `window` counts only time in which the child runs: neither the back-off before a
/// restart, nor, for a child that is a supervisor, the back-off of its children and the crash loop that ended it. So a
/// crash loop escalates to the top, whatever the back-off and however many supervisors are above.
struct intensity {
  uint32_t restarts_max = 5;
  std::chrono::milliseconds window{60'000};
  /// First back-off; doubled with each crash inside the window, times a random 0.5 to 1.5.
  std::chrono::milliseconds backoff_first{50};
  std::chrono::milliseconds backoff_max{10'000};
  /// A supervisor that gives up waits this long for its children to end.
  std::chrono::milliseconds end_within{10'000};
};
/// OTP's restart strategies. rest_for_one also restarts the children declared after the crashed one, in order.
enum class strategy { one_for_one, rest_for_one };
std::string_view word(strategy); ///< Name of a strategy.

struct branch;
/// Declaration of a child.
struct child {
  std::string name; ///< Last part of its path: supervisor's path, "/", name.
  /// Runs on the supervisor's thread at start and at each restart. A std::exception is a crash of this child.
  std::function<caf::actor()> start;
  caf::actor router; ///< From make_router; invalid when no address is needed.
  /// Declaration of actors that this child starts by key (a directory, a pool), shown in the tree; its `supervises` is
  /// true then.
  registry::declaration declared = {};
  std::shared_ptr<const branch> below = {}; ///< Branch of a nested supervisor.
};

/// Declaration of a supervisor as a branch of the tree.
struct branch {
  supervisor::strategy strategy = strategy::one_for_one;
  supervisor::intensity intensity;
  std::vector<child> children;
  /// Nanoseconds of its current life that do not count as running (see intensity).
  mutable std::atomic<int64_t> degraded_ns{0};
};

struct stop {}; ///< Ends the children in reverse order, each awaited, then the supervisor.
/// Restarts this child in order and at once; its siblings continue. A child that has ended is started again. It does
/// not count as a crash; an unknown name has no effect.
struct renew {
  std::string path; ///< Below this supervisor: "redis", or "adapters/redis" for the child of a nested one.
};
struct inspect_children {}; ///< Asks for the children. -> child_states
/// State of a child.
struct child_state {
  std::string name;
  bool running = false;
  uint32_t restarts = 0;
  std::string last_error;
};
/// States in the order of the declaration.
struct child_states {
  std::vector<child_state> list;
};
/// Sent to itself: the back-off of a child has passed.
struct restart_due {
  size_t index = 0;
  uint64_t epoch = 0;
};
struct abandon_children {}; ///< Sent to itself: the children did not end within intensity::end_within.
using handle = caf::typed_actor<caf::reacts_to<stop>, caf::replies_to<inspect_children>::with<child_states>,
                                caf::reacts_to<restart_due>, caf::reacts_to<renew>, caf::reacts_to<abandon_children>>;

/// Creates a router: a stable address, without a worker yet.
caf::actor make_router(caf::actor_system&);
/// Casts a router's address to a typed handle; the caller ensures that its workers have this type.
template <class Handle>
Handle typed(const caf::actor& router) {
  return caf::actor_cast<Handle>(router);
}

/// Starts the children in order. The supervisor ends with exit_reason::user_shutdown after `stop` or an exit message,
/// after its children have ended in reverse order; or with ec::quarantined, whose text names path and error, when a
/// child exceeded the intensity. No child outlives it. A child that ends by itself with reason none or user_shutdown is
/// not restarted. Its path in the registry is `name` below the calling actor.
handle start(caf::actor_system&, const std::string& name, std::vector<child> children, strategy = strategy::one_for_one,
             intensity = {});
handle start(caf::actor_system&, const std::string& name, std::shared_ptr<const branch>);

/// Declares a child that is itself a supervisor: one branch of the tree.
child nested(caf::actor_system&, std::string name, strategy, intensity, std::vector<child> children);

/// Ends the process if `top` ends in any other way than in order (it gave up, or died): last_resort::give_up logs path
/// and reason at level error, and the exit code is not 0.
void end_process_with(const handle& top);

/// Ends the routers of the children, also below nested supervisors; these addresses outlive the tree.
void end_routers(const std::vector<child>&);

/// One line for each child, two blanks deeper below each supervisor: "redis", "work  [one_for_one, 10 in 60 s]".
std::string describe(const std::vector<child>&, size_t depth = 0);
} // namespace arrakis::supervisor
