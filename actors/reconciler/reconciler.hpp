#pragma once
#include "actors/guild/messages.hpp"
#include "actors/reconciler/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"
#include "adapters/queue/messages.hpp"

#include <functional>

namespace arrakis::reconciler {
/// Actors that the reconciler asks.
struct ports {
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  reconciliations::handle reconciliations;
  guild::handle guilds;
  queue::handle queue;                        ///< Where the jobs of reconciliations wait.
  std::function<void()> notify_relay = [] {}; ///< Called after a commit that owes a job.
};
/// Starts the reconciler. It compares and requests; only jobs change the guild and the shadow state.
handle start(caf::actor_system&, ports);
} // namespace arrakis::reconciler
