#pragma once
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::communities {

/// A community as stored.
struct record {
  community_id id;
  std::string name;
  std::string theme_id;
  snowflake guild;
  std::string status;              ///< active, frozen, deactivated.
  int64_t fence = 0;               ///< Grows with each freeze and thaw; effects carry the one they began under.
  int64_t active_version = 0;      ///< Active manifest version; 0: none deployed yet.
  std::string frozen_because = {}; ///< Reason of the present freeze; empty: none, or not frozen.
};

/// Finds the community of a guild. -> found
struct find_by_guild {
  snowflake guild;
  deadline until;
};
/// Loads a community. -> record | ec::not_found
struct load {
  community_id id;
  deadline until;
};
/// Lists all communities for an operator, through a SQL function that bypasses RLS for these columns. -> listed
struct list {
  deadline until;
  size_t count_max = 1000;
};
/// Length limit of a reason, which stays in the audit trail; a longer one is ec::invalid.
inline constexpr size_t reason_characters_max = 500;
/// Sets the status, with a new fence and an audit entry, in one transaction. An unchanged status has no effect.
/// -> record
struct set_status {
  community_id id;
  std::string status;
  std::string actor;
  std::string reason;
  deadline until;
};

/// Answer to find_by_guild; empty: the guild has no community.
struct found {
  std::optional<community_id> id;
};
/// Answer to list.
struct listed {
  std::vector<record> rows;
};

using handle = caf::typed_actor<caf::replies_to<find_by_guild>::with<found>, caf::replies_to<load>::with<record>,
                                caf::replies_to<list>::with<listed>, caf::replies_to<set_status>::with<record>>;
} // namespace arrakis::communities
