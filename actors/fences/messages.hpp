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

/// An effect on Discord to be checked: the fences at the start of its work, and the user whom it concerns.
struct effect {
  community_id community;
  int64_t fence = 0; ///< The community's when the work began.
  int64_t as_of = 0; ///< The number of the fence log when the work began: of the scopes above and beside communities.
  snowflake user;    ///< 0: no user in particular.
};

/// Result of a check whether an effect may leave; of several reasons the one of the widest scope.
enum class verdict {
  allowed,
  not_known,        ///< The table is too old, or was never read.
  all_frozen,       ///< Everything is frozen, or was since the work began.
  community_frozen, ///< The community is frozen or deactivated, or was since the work began.
  user_frozen,      ///< The user is frozen, or was since the work began.
};

/// Table of the fences that this node knows, readable from any thread right before bytes leave. One per process; it
/// outlives the actor system. Entries older than `max_age` do not count as known, and then no effect may leave (unknown
/// is not "active").
class fence_table {
public:
  /// P7: no effect leaves 1 s after a freeze. A read that began less than 1 s ago has seen the freeze.
  static constexpr std::chrono::milliseconds max_age{1'000};

  /// `clock` is the actor system's: virtual in tests. `guards` is off only in negative controls, which then see an
  /// effect leave after a freeze.
  explicit fence_table(const caf::actor_clock& clock, bool guards = true);
  ~fence_table();
  fence_table(const fence_table&) = delete;
  fence_table& operator=(const fence_table&) = delete;

  verdict judge(const effect&) const;
  bool allows(const effect& what) const { return judge(what) == verdict::allowed; }
  /// True if the log was read to its end less than `max_age` ago.
  bool is_known() const;

  /// Adds newer changes, in their order.
  void apply(const std::vector<fence_log::entry>&);
  /// Replaces the whole table. A subject that is not in the log was never frozen.
  void replace(const std::vector<fence_log::entry>&);
  /// Records that the table is as new as the log was at `began`.
  void set_read(instant began);

  /// Records this node's lease of the deployment under `run`; a newer run ends the lease of an older one.
  void set_lease(const std::string& deployment, int64_t run, instant until);
  void release_lease(const std::string& deployment, int64_t run);
  bool has_lease(const std::string& deployment, int64_t run) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Hint that the log may have grown: read it at once. Without data, so a forged hint cannot freeze or thaw.
struct read_now {};
/// Internal: the actor sends it to itself.
struct poll {};

using handle = caf::typed_actor<caf::reacts_to<read_now>, caf::reacts_to<poll>>;

} // namespace arrakis::fences
