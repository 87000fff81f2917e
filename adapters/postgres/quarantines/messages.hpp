#pragma once
// Quarantined actors: those that kept crashing stay stopped, on every process and over restarts, until released.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace arrakis::quarantines {

/// A crashed actor and its last message.
struct crash {
  std::string kind;    ///< Kind of actor: "community", "wizard_session".
  std::string key;     ///< Key in its directory: "123", "user:123".
  snowflake guild;     ///< Guild concerned; it may have no community.
  std::string error;   ///< Error text, cut to a safe length.
  std::string message; ///< Type of the last message; its content may be secret and is not stored.
  std::string node;    ///< Process of the crash.
};
/// A stored quarantine.
struct entry {
  int64_t id = 0;
  std::string kind, key;
  community_id community; ///< Empty: its guild had none.
  std::string error, message, node;
  int64_t at_ms = 0;          ///< Unix time, by PostgreSQL's clock.
  int64_t released_at_ms = 0; ///< 0: still in quarantine.
  std::string released_by, reason;
};

/// Quarantines a key; a quarantined key keeps its first entry. -> added
struct add {
  crash what;
  deadline until;
};
/// Answer to add.
struct added {
  int64_t id = 0;
};
/// Lists open quarantines, the oldest first, at most 10,000. -> listed
struct list_open {
  deadline until;
};
/// Answer to list_open.
struct listed {
  std::vector<entry> entries;
};
/// Finds an entry. -> entry | ec::not_found
struct find {
  int64_t id = 0;
  deadline until;
};
/// Releases a key, makes its community's work items due, and for a community appends an audit entry.
/// -> entry | ec::not_found; ec::conflict when it was released before; ec::invalid for a reason that is too long
struct release {
  int64_t id = 0;
  std::string actor;
  std::string reason;
  deadline until;
};
/// Length limit of a reason, which stays in the audit trail.
inline constexpr size_t reason_characters_max = 500;

using handle = caf::typed_actor<caf::replies_to<add>::with<added>, caf::replies_to<list_open>::with<listed>,
                                caf::replies_to<find>::with<entry>, caf::replies_to<release>::with<entry>>;
} // namespace arrakis::quarantines
