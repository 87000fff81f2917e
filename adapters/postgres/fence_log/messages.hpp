#pragma once
// The fence log: freezes and thaws in commit order (schemas/migrations/0008_fence_log.sql).
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::fence_log {

/// Scopes of a freeze.
enum class scope : uint8_t {
  global,    ///< Everything. The subject is empty.
  community, ///< The subject is the community's id.
  user,      ///< One Discord user. The subject is the user's snowflake.
};

/// The newest change of one subject.
struct entry {
  fence_log::scope scope = scope::community;
  std::string subject;
  std::string status; ///< active, frozen, deactivated.
  /// Effects that began under a smaller fence are refused. Scope community: the community's fence; others: `number`.
  int64_t fence = 0;
  int64_t number = 0; ///< Number of the change in commit order, from 1.
};

/// Position of a reader in a log.
struct position {
  std::string log; ///< Id of the log; a restore changes it. Empty: nothing was read yet.
  int64_t number = 0;
};

/// Reads the changes after `since`, in order. Costs one read of the log's head when there are none.
struct read {
  position since;
  deadline until;
}; ///< -> changes
/// Answer to read.
struct changes {
  position now; ///< Position of the next read.
  /// True after a restore: `since` is of another log or ahead of this one. The entries begin from the start; discard
  /// earlier ones.
  bool is_whole = false;
  bool has_more = false; ///< Read again at once.
  std::vector<entry> entries;
};

using handle = caf::typed_actor<caf::replies_to<read>::with<changes>>;

} // namespace arrakis::fence_log
