#pragma once
// The fence log: what is frozen, in the order in which the changes committed (schemas/migrations/0008_fence_log.sql).
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::fence_log {

enum class scope : uint8_t {
  global,    ///< Everything. The subject is empty.
  community, ///< The subject is the community's id.
  user,      ///< What concerns one user of Discord. The subject is the user's snowflake.
};

/// The newest change of one subject.
struct entry {
  fence_log::scope scope = scope::community;
  std::string subject;
  std::string status; ///< active, frozen, deactivated.
  /// An effect that began under a smaller one is refused. Of a community its own fence; of the other scopes `number`.
  int64_t fence = 0;
  int64_t number = 0; ///< Of the change, in the order of the commits; from 1.
};

/// Up to where a reader knows a log.
struct position {
  std::string log; ///< Names the log; a restore makes another one of it. Empty: nothing was read yet.
  int64_t number = 0;
};

/// What changed after `since`, in order. Nothing is read of the database but the head of the log when nothing did.
struct read {
  position since;
  deadline until;
}; ///< -> changes
struct changes {
  position now; ///< From where to read next.
  /// `since` is of another log, or ahead of this one: a restore. The entries begin anew, and what was read before holds
  /// no longer.
  bool is_whole = false;
  bool has_more = false; ///< There is more to be read at once.
  std::vector<entry> entries;
};

using handle = caf::typed_actor<caf::replies_to<read>::with<changes>>;

} // namespace arrakis::fence_log
