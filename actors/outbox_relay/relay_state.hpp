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
/// A target with what it found in the services.
struct bound_target {
  /// Bounds on the rows that one tenant may have sent and open: one entry, or one for each kind of job.
  std::vector<outbox::share> shares;
  /// Brings a row a step on: closes it, or notes that it was sent, or when it is due again. An error: the relay tells
  /// it and lets the row rest, the longer the more often it failed.
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
