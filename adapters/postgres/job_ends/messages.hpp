#pragma once
// The success of jobs whose kind keeps no row of its own, in the work item that owed them. It outlives what the queue
// remembers, so that a job that was done is not run again when the queue has forgotten it.
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <string>

namespace arrakis::job_ends {
struct find {
  community_id community;
  std::string job; ///< Its id in the queue, which is the work item's key.
  deadline until;
};
struct found {
  bool is_done = false; ///< Also false when nothing owed the job.
};
/// Records it and closes the work item. Twice is as once.
struct record {
  community_id community;
  std::string job;
  deadline until;
};
struct done {};
using handle = caf::typed_actor<caf::replies_to<find>::with<found>, caf::replies_to<record>::with<done>>;
} // namespace arrakis::job_ends
