#pragma once
// What the wizard asks of others.
#include "actors/community/messages.hpp"
#include "actors/guild/messages.hpp"
#include "adapters/chain/messages.hpp"
#include "adapters/redis/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/actor.hpp>
#include <caf/typed_actor.hpp>

namespace arrakis::wizard {

/// The community actors, whichever guild a message names.
using communities_door = caf::typed_actor<caf::replies_to<community::describe>::with<community::described>,
                                          caf::replies_to<community::deploy>::with<community::deployed>,
                                          caf::replies_to<community::latest>::with<deployments::status_of>,
                                          caf::replies_to<community::retry>::with<community::deployed>>;
/// Gives a directory of community actors, keyed by guild, the typed face above.
communities_door start_door(caf::actor_system&, caf::actor directory);

struct ports {
  redis::handle redis;
  chain::handle chains;
  guild::handle guilds;
  communities_door communities;
};

} // namespace arrakis::wizard
