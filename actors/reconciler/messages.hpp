#pragma once
// Compares what a community wants (manifest), what was last applied (shadow state) and what the guild has, by
// snowflake.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::reconciler {
/// The three-way diff of a guild as a plan in sentences. ec::not_found: the guild has no deployed community.
/// Those of guild::fetch: the guild could not be read, which is not "no drift".
struct drift {
  snowflake guild;
  deadline until;
};
struct drift_report {
  std::vector<std::string> lines;
  bool clean = false;
  std::string remaining; ///< "9 old roles remain": what no plan wants any more; empty: nothing.
};
using handle = caf::typed_actor<caf::replies_to<drift>::with<drift_report>>;
} // namespace arrakis::reconciler
