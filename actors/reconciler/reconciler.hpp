#pragma once
#include "actors/reconciler/messages.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/deployments/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"

#include <functional>

namespace arrakis::reconciler {
struct ports {
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  discord::rest rest;
  std::function<snowflake()> bot; ///< The bot's own user.
};
/// Reads only: it changes neither the guild nor the shadow state.
handle start(caf::actor_system&, ports);
} // namespace arrakis::reconciler
