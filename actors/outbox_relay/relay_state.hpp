#pragma once
// The state of a relay, which its targets work in.
#include "actors/outbox_relay/outbox_relay.hpp"
#include "runtime/flow.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <set>

namespace arrakis::outbox_relay {

struct state {
  state() = default;
  arrakis::flows flows;
  static inline const char* name = "outbox_relay";
  deps to;
  options opt;
  std::vector<const targets::target*> targets;
  std::set<int64_t> in_work;                         ///< Ids of rows that a flow has in hand.
  std::map<int64_t, int> revivals;                   ///< Of failed jobs, by row, since this relay began.
  bool looking = false;                              ///< A look at the outbox is under way.
  bool look_again = false;                           ///< A kick came during it.
  int blind = 0;                                     ///< Looks that failed since the last good one.
  std::chrono::steady_clock::time_point report_at{}; ///< When overdue rows are asked for next.
};
using pointer = handle::stateful_pointer<state>;

} // namespace arrakis::outbox_relay
