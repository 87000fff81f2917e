#include "adapters/queue/script_errors.hpp"

#include <fmt/format.h>

namespace arrakis::queue {

// Codes: BullMQ's ErrorCode (src/enums/error-code.ts).
caf::error script_error(int64_t code, const script_call& by) {
  const auto& [command, job, state, parent] = by;
  switch (code) {
    case -1: return fail(ec::not_found, fmt::format("Missing key for job {}. {}", job, command));
    case -2: return fail(ec::refused, fmt::format("Missing lock for job {}. {}", job, command));
    case -3: return fail(ec::conflict, fmt::format("Job {} is not in the {} state. {}", job, state, command));
    case -4: return fail(ec::refused, fmt::format("Job {} has pending dependencies. {}", job, command));
    case -5: return fail(ec::not_found, fmt::format("Missing key for parent job {}. {}", parent, command));
    case -6: return fail(ec::refused, fmt::format("Lock mismatch for job {}. Cmd {} from {}", job, command, state));
    case -7: return fail(ec::conflict, fmt::format("The parent job {} cannot be replaced. {}", parent, command));
    case -8:
      return fail(ec::refused,
                  fmt::format("Job {} belongs to a job scheduler and cannot be removed directly. {}", job, command));
    case -9:
      return fail(ec::refused,
                  fmt::format("Cannot complete job {} because it has at least one failed child. {}", job, command));
    case -10:
      return fail(ec::conflict,
                  fmt::format("Cannot create job scheduler iteration - job ID already exists. {}", command));
    case -11:
      return fail(ec::conflict, fmt::format("Cannot create job scheduler iteration - current and next time slots "
                                            "already have jobs. {}",
                                            command));
    default: return fail(ec::internal, fmt::format("Unknown code {} error for {}. {}", code, job, command));
  }
}
} // namespace arrakis::queue
