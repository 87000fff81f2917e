#pragma once
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::communities {

struct record {
  community_id id;
  std::string name;
  std::string theme_id;
  snowflake guild;
  std::string status;         ///< active, frozen, deactivated.
  int64_t fence = 0;          ///< Grows with each freeze and thaw; effects carry the one they began under.
  int64_t active_version = 0; ///< 0: none deployed yet.
  std::string frozen_because = {}; ///< The operator's reason of the freeze that holds; empty: none, or not frozen.
};

struct find_by_guild {
  snowflake guild;
  deadline until;
}; ///< -> found
struct load {
  community_id id;
  deadline until;
}; ///< -> record | ec::not_found
struct list {
  deadline until;
  size_t count_max = 1000;
}; ///< -> listed; operator's view (id, guild, status only where RLS allows: through a narrow function)
/// Of a reason, which stands in the audit trail for ever; what is longer is ec::invalid.
inline constexpr size_t reason_characters_max = 500;
/// Sets the status with a new fence and an audit entry in one transaction; the status that it has already changes
/// nothing.
/// -> record
struct set_status {
  community_id id;
  std::string status;
  std::string actor;
  std::string reason;
  deadline until;
};

struct found {
  std::optional<community_id> id;
};
struct listed {
  std::vector<record> rows;
};

using handle = caf::typed_actor<caf::replies_to<find_by_guild>::with<found>, caf::replies_to<load>::with<record>,
                                caf::replies_to<list>::with<listed>, caf::replies_to<set_status>::with<record>>;
} // namespace arrakis::communities
