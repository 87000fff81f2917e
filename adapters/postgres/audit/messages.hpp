#pragma once
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::audit {
/// Appends one entry to the tenant's chain: hash = SHA-256 over the canonical JSON of {seq, at, event, actor, target,
/// payload, previous}. Gapless under concurrency (the head row is locked). No personal data: `actor` is an opaque
/// subject id.
struct append {
  community_id community;
  std::string event;
  std::string actor;
  std::string target;
  std::string payload_json;
  deadline until;
};
/// Answer to append: the entry's place and hash.
struct appended {
  int64_t sequence = 0;
  std::string hash;
};
/// Verifies the tenant's whole chain. -> verified
struct verify {
  community_id community;
  deadline until;
};
/// Result: `first_bad` is the sequence of the first broken entry, `why` the fault.
struct verified {
  int64_t entries = 0;
  bool whole = false;
  int64_t first_bad = 0;
  std::string why;
};
/// Limit of entries in one `list`.
inline constexpr size_t entries_max = 1000;
/// Reads the newest entries of the tenant's chain. -> listed
struct list {
  community_id community;
  std::string event; ///< Empty: any.
  size_t count_max = 50;
  deadline until;
};
/// A stored entry.
struct entry {
  int64_t sequence = 0;
  std::string at; ///< ISO 8601.
  std::string event;
  std::string actor;
  std::string target;
  std::string payload_json;
  std::string hash;
};
/// Answer to list.
struct listed {
  std::vector<entry> entries; ///< Newest first.
};
using handle = caf::typed_actor<caf::replies_to<append>::with<appended>, caf::replies_to<verify>::with<verified>,
                                caf::replies_to<list>::with<listed>>;

/// Verifies the platform's own chain. -> verified
struct verify_platform {
  deadline until;
};
/// Reads the newest entries of the platform's own chain. -> listed
struct list_platform {
  size_t count_max = 50; ///< At most entries_max.
  deadline until;
};
/// The platform's own chain, of what an operator did to no single community. Only for a connection of arrakis_admin:
/// ec::refused for any other role.
using platform =
  caf::typed_actor<caf::replies_to<verify_platform>::with<verified>, caf::replies_to<list_platform>::with<listed>>;
} // namespace arrakis::audit
