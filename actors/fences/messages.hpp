#pragma once
// Which effects may leave: frozen tenants, fences and leases, as this node knows them.
#include "adapters/postgres/communities/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::fences {

using instant = std::chrono::steady_clock::time_point;

/// What this node knows, readable from any thread at the last moment before bytes leave. One a process; lives longer
/// than the actor system. Knowledge that is older than `fresh` is none: then nothing may leave (unknown is not
/// "active").
class board {
public:
  /// P7: within 1 s of a freeze no effect leaves. A read that began less than that ago has seen the freeze.
  static constexpr std::chrono::milliseconds fresh{1'000};

  /// `clock` is the actor system's: virtual in tests. `guards` is off only in their twins, which then see an effect
  /// leave after a freeze.
  explicit board(const caf::actor_clock& clock, bool guards = true);
  ~board();
  board(const board&) = delete;
  board& operator=(const board&) = delete;

  /// The tenant is not frozen, and no freeze came since the effect began under `fence`.
  bool allows(const community_id&, int64_t fence) const;
  /// There was a reading lately.
  bool ready() const;
  /// Everything that is not active or was not at some time, as it was at `began`. Answers which tenants changed.
  std::vector<communities::fence_entry> replace(std::vector<communities::fence_entry> fenced, instant began);
  /// A hint that came faster than the next reading. It never lifts anything by itself.
  void note(const communities::fence_entry&);

  /// This node holds the deployment under `run` until then; a newer run ends the older one's.
  void hold(const std::string& deployment, int64_t run, instant until);
  void let_go(const std::string& deployment, int64_t run);
  bool holds(const std::string& deployment, int64_t run) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

struct changed {
  communities::fence_entry what;
};
/// Where changes are told; the listener is forgotten when it ends.
using listener = caf::typed_actor<caf::reacts_to<changed>>;
struct watch {
  listener who;
};
/// The order to freeze or thaw as another node or part told it; the reading of PostgreSQL follows at once.
struct note {
  communities::fence_entry what;
};
struct read_again {}; ///< To itself.

using handle = caf::typed_actor<caf::reacts_to<watch>, caf::reacts_to<note>, caf::reacts_to<read_again>>;

} // namespace arrakis::fences
