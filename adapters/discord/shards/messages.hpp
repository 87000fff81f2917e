#pragma once
// The shards of this process, for readiness and the console.
#include "adapters/discord/gateway/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <vector>

namespace arrakis::discord::shards {

/// Asks for all shards. -> states
struct inspect {
  deadline until;
};
/// States of all shards. A shard that did not answer in time has the number -1, and the reason as its state.
struct states {
  bool known = false; ///< Discord has said how many shards there should be.
  std::vector<shard_state> list;
};
struct start_now {}; ///< To itself.
using handle = caf::typed_actor<caf::replies_to<inspect>::with<states>, caf::reacts_to<start_now>>;

} // namespace arrakis::discord::shards
