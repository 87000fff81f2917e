#pragma once
// The state of a relay, which its targets work in.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "runtime/flow.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace arrakis::outbox_relay {
struct state;
using pointer = handle::stateful_pointer<state>;
} // namespace arrakis::outbox_relay

namespace arrakis::targets {
/// A target bound to the services that it needs.
struct bound_target {
  /// Limits of one tenant's sent and open rows: one entry, or one for each kind of job.
  std::vector<outbox::share> shares;
  /// Processes a row: sends it, closes it or postpones it. On an error the relay logs it and delays the row, longer
  /// with each failure.
  std::function<flow<caf::error>(outbox_relay::pointer, outbox::row)> carry;
};
} // namespace arrakis::targets

namespace arrakis::outbox_relay {

/// The state of the relay actor.
struct state {
  state() = default;
  arrakis::flows flows;
  static inline const char* name = "outbox_relay";
  outbox::handle outbox;
  options opt;
  std::map<std::string, targets::bound_target, std::less<>> targets; ///< By name.
  std::set<int64_t> in_work;                                         ///< Ids of rows that a flow has in hand.
  std::map<int64_t, int> revivals;                   ///< Revivals of failed jobs, by row, since this relay began.
  bool reading = false;                              ///< The outbox is being read.
  bool read_again = false;                           ///< A hint came while the outbox was read.
  int blind = 0;                                     ///< Readings that failed since the last good one.
  std::chrono::steady_clock::time_point report_at{}; ///< When overdue rows are asked for next.
};

} // namespace arrakis::outbox_relay
