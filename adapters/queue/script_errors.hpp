#pragma once
// What a negative number of BullMQ's scripts means.
#include "runtime/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace arrakis::queue {

/// A call of a script, as BullMQ names it in its errors.
struct script_call {
  std::string_view command; ///< "moveToFinished"
  std::string job;
  std::string_view state; ///< That the script expects the job in.
  std::string parent;     ///< Key of the parent job.
};

/// The error for a code, in the words that BullMQ's own clients throw (class Scripts, finishedErrors): users of its
/// dashboards know them, and a `failedReason` has them. ec::not_found (no such job or parent), ec::conflict (another
/// state, another parent, a schedule's time that is taken), ec::refused (a lock, a schedule, children forbid it).
caf::error script_error(int64_t code, const script_call& by);

} // namespace arrakis::queue
