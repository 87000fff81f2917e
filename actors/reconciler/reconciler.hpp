#pragma once
#include "actors/guild/messages.hpp"
#include "actors/reconciler/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"

namespace arrakis::reconciler {
struct ports {
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  guild::handle guilds;
};
/// Reads only: it changes neither the guild nor the shadow state.
handle start(caf::actor_system&, ports);
} // namespace arrakis::reconciler
