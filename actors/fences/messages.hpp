#pragma once
// The check whether an effect may leave: freezes, fences and leases, as this node knows them.
#include "adapters/postgres/fence_log/messages.hpp"
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

/// An effect: the fences at the begin of its work, and the user whom it concerns.
struct effect {
  community_id community;
  int64_t fence = 0; ///< The community's when the work began.
  int64_t as_of = 0; ///< The number of the fence log when the work began: of the scopes above and beside communities.
  snowflake user;    ///< 0: no user in particular.
};

/// The answer whether an effect may leave. Of several reasons, the one of the widest scope counts.
enum class verdict {
  allowed,
  not_known,        ///< The table is too old, or was never read.
  all_frozen,       ///< Everything is frozen, or was since the work began.
  community_frozen, ///< The community is frozen or deactivated, or was since the work began.
  user_frozen,      ///< The user is frozen, or was since the work began.
};

/// The fences that this node knows, readable from any thread at the last moment before bytes leave. One per process;
/// it outlives the actor system. Knowledge that is older than `max_age` is none: then nothing may leave (unknown is not
/// "active").
class fence_table {
public:
  /// P7: within 1 s of a freeze no effect leaves. A read that began less than that ago has seen the freeze.
  static constexpr std::chrono::milliseconds max_age{1'000};

  /// `clock` is the actor system's: virtual in tests. `guards` is off only in negative controls, which then see an
  /// effect leave after a freeze.
  explicit fence_table(const caf::actor_clock& clock, bool guards = true);
  ~fence_table();
  fence_table(const fence_table&) = delete;
  fence_table& operator=(const fence_table&) = delete;

  verdict judge(const effect&) const;
  bool allows(const effect& what) const { return judge(what) == verdict::allowed; }
  /// The log was read to its end less than `max_age` ago.
  bool is_known() const;

  /// Takes over newer changes, in their order.
  void apply(const std::vector<fence_log::entry>&);
  /// Takes over a whole log in the place of everything known: what is not in it never changed.
  void replace(const std::vector<fence_log::entry>&);
  /// The table is what the log was at `began`, or newer.
  void set_read(instant began);

  /// This node holds the deployment under `run` until then; a newer run ends the older one's.
  void set_lease(const std::string& deployment, int64_t run, instant until);
  void release_lease(const std::string& deployment, int64_t run);
  bool has_lease(const std::string& deployment, int64_t run) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// A hint that the log may have grown: read it at once. Carries nothing, so nobody can freeze or thaw with it.
struct read_now {};
/// Internal: the actor sends it to itself.
struct poll {};

using handle = caf::typed_actor<caf::reacts_to<read_now>, caf::reacts_to<poll>>;

} // namespace arrakis::fences
