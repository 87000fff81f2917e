#pragma once
// Reading and decisions of the target, as functions without an actor.
#include "actors/jobs/messages.hpp"
#include "adapters/postgres/outbox/messages.hpp"

#include <string>
#include <string_view>

namespace arrakis::targets::enqueue_job {

/// Job data of a row, as JSON text. ec::invalid: it does not match the kind's payload fields.
caf::expected<std::string> data_in(const outbox::row&, const jobs::job_terms&);

/// Next step of a row whose job was sent before.
enum class next {
  send,   ///< Redis does not know it: it was emptied, or the job was removed.
  wait,   ///< The queue has it.
  close,  ///< The queue has recorded its end, and that is what closes rows of this kind.
  revive, ///< Failed or dead-lettered without a recorded end: let it run once more.
  leave,  ///< Nothing that the relay may do; a person looks at it.
};
/// Decides the next step by the job's state in the queue.
next after(std::string_view queue_state, int revivals, jobs::closed_by);

} // namespace arrakis::targets::enqueue_job
