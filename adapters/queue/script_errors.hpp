#pragma once
// Meanings of the negative codes of BullMQ's scripts.
#include "runtime/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace arrakis::queue {

/// A script call, as BullMQ names it in its errors.
struct script_call {
  std::string_view command; ///< "moveToFinished"
  std::string job;
  std::string_view state; ///< State that the script expects the job in.
  std::string parent;     ///< Key of the parent job; empty: none.
};

/// Error for a code, in the words that BullMQ's own clients throw (class Scripts, finishedErrors): dashboards show
/// them, and `failedReason` holds them. ec::not_found (no such job or parent), ec::conflict (another state, another
/// parent, a schedule's time that is taken), ec::refused (a lock, a schedule or children forbid it).
caf::error script_error(int64_t code, const script_call& by);

} // namespace arrakis::queue
