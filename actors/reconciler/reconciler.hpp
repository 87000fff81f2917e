#pragma once
#include "actors/guild/messages.hpp"
#include "actors/reconciler/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"

#include <functional>

namespace arrakis::reconciler {
struct ports {
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  reconciliations::handle reconciliations;
  guild::handle guilds;
  std::function<void()> kick_relay = [] {}; ///< A job is owed.
};
/// It changes neither the guild nor the shadow state itself: what is applied is owed as a job.
handle start(caf::actor_system&, ports);
} // namespace arrakis::reconciler
