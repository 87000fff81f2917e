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

/// A child that crashes more than `restarts_max` times within `window` takes its supervisor down, whose supervisor
/// decides. `window` is time that the child itself runs: the back-off before a restart does not count, nor, of a child
/// that is a supervisor, the back-off of its children and the crash loop that made it give up. So a crash loop
/// escalates to the top, however long the back-off is and however many supervisors stand above it.
struct intensity {
  uint32_t restarts_max = 5;
  std::chrono::milliseconds window{60'000};
  /// Doubled with each crash inside the window, times 0.5 to 1.5 by chance.
  std::chrono::milliseconds backoff_first{50};
  std::chrono::milliseconds backoff_max{10'000};
  /// A supervisor that gives up waits this long for its children to end.
  std::chrono::milliseconds end_within{10'000};
};
/// rest_for_one also restarts the children declared after the one that died, in order, after each of them has ended.
enum class strategy { one_for_one, rest_for_one };
std::string_view word(strategy); ///< Name of a strategy.

struct branch;
/// Declaration of a child.
struct child {
  std::string name; ///< Last part of its path: supervisor's path, "/", name.
  /// Runs on the supervisor's thread at start and at each restart. A std::exception is a crash of this child.
  std::function<caf::actor()> start;
  caf::actor router; ///< From make_router; invalid when no address is needed.
  /// For a child that starts and watches actors of its own by some key (a directory, a pool): what the tree shows of
  /// them. Its `supervises` is true then.
  registry::declaration declared = {};
  std::shared_ptr<const branch> below = {}; ///< Branch of a nested supervisor.
};

/// A supervisor as it is declared.
struct branch {
  supervisor::strategy strategy = strategy::one_for_one;
  supervisor::intensity intensity;
  std::vector<child> children;
  /// Nanoseconds of its present life that do not count as running (see intensity).
  mutable std::atomic<int64_t> degraded_ns{0};
};

struct stop {}; ///< Ends the children in reverse order, each awaited, then the supervisor.
/// Ends this child in order and starts it again at once, with what its `start` makes by now; its siblings go on. A
/// child that has ended starts again too. This is no crash, and an unknown name does nothing.
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

/// An address without a worker yet.
caf::actor make_router(caf::actor_system&);
/// The typed form of a router's address; the caller vouches that its workers are of this type.
template <class Handle>
Handle typed(const caf::actor& router) {
  return caf::actor_cast<Handle>(router);
}

/// Starts the children in order. The supervisor ends with exit_reason::user_shutdown after `stop` or an exit message,
/// its children before it in reverse order; and with ec::quarantined, whose text names path and error, when a child
/// exceeded the intensity. No child outlives it, however it ends. A child that ends by itself with reason none or
/// user_shutdown is not restarted. Its path in the registry is `name` below the actor that calls this.
handle start(caf::actor_system&, const std::string& name, std::vector<child> children, strategy = strategy::one_for_one,
             intensity = {});
handle start(caf::actor_system&, const std::string& name, std::shared_ptr<const branch>);

/// A child that is a supervisor itself: one branch of a tree.
child nested(caf::actor_system&, std::string name, strategy, intensity, std::vector<child> children);

/// When `top` ends in any other way than in order (it gave up, or died), the process is asked to end by
/// last_resort::give_up: one line of the log at level error names path and reason, and the exit code is not 0.
void end_process_with(const handle& top);

/// Ends the routers of the children, below nested supervisors too: the addresses that outlive the tree.
void end_routers(const std::vector<child>&);

/// One line for each child, two blanks deeper below each supervisor: "redis", "work  [one_for_one, 10 in 60 s]".
std::string describe(const std::vector<child>&, size_t depth = 0);
} // namespace arrakis::supervisor
