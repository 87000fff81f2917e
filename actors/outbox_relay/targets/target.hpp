#pragma once
// A target carries out the work items of one kind.
//
// To add one: make a folder beside this file with a .cpp that defines `const target& <folder>::definition()` in
// arrakis::targets, and a test; the build finds it. Smallest example: store_manifest. A store owes its rows by
// adapters/postgres/outbox/work_item.hpp under the target's name. Each step must bear being repeated: several relays
// run at once, and a crash anywhere costs a repetition.
#include "actors/outbox_relay/relay_state.hpp"
#include "runtime/services.hpp"

#include <string_view>
#include <vector>

namespace arrakis::targets {
using outbox_relay::pointer;

/// The definition of a target.
struct target {
  std::string_view name; ///< The kind of its rows: "store_manifest".
  std::string_view help; ///< One sentence.
  /// Finds the services that the target needs, by type, at a relay's start.
  bound_target (*bind)(const services&);
};

/// All targets, in the order of their folders' names.
const std::vector<const target*>& all();

// Steps that targets share. Each writes to the outbox, within the relay's deadline for one step.

/// Closes the row: the end of its work was recorded.
flow<caf::error> close(pointer, int64_t row);
/// Marks the row as sent; its receiver records the end of the work. `queue` as in outbox::mark_sent.
flow<caf::error> mark_sent(pointer, int64_t row, std::string queue, std::chrono::milliseconds closes_within);
/// Makes the row due again after `wait`; does not count as a failure.
flow<caf::error> postpone(pointer, int64_t row, std::chrono::milliseconds wait, std::string why);

/// Returns ec::invalid with the row's number.
caf::error malformed(const outbox::row&, const std::string& why);

} // namespace arrakis::targets
