#pragma once
// Success of jobs whose kind has no table of its own, stored in their work item. It outlives the queue's retention, so
// that a finished job does not run again when the queue has forgotten it.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>

namespace arrakis::job_ends {
/// Asks whether a job is done. -> found
struct find {
  community_id community;
  std::string job; ///< Id in the queue, equal to the work item's key.
  deadline until;
};
/// Answer to find.
struct found {
  bool is_done = false; ///< False also when no work item has this key.
};
/// Records success and closes the work item. Idempotent. -> done
struct record {
  community_id community;
  std::string job;
  deadline until;
};
/// The success is stored.
struct done {};
using handle = caf::typed_actor<caf::replies_to<find>::with<found>, caf::replies_to<record>::with<done>>;
} // namespace arrakis::job_ends
