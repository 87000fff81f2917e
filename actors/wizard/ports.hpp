#pragma once
// The actors that the wizard asks.
#include "actors/community/messages.hpp"
#include "actors/guild/messages.hpp"
#include "adapters/chain/messages.hpp"
#include "adapters/postgres/drafts/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/redis/messages.hpp"

namespace arrakis::wizard {

/// Actors that the wizard asks.
struct ports {
  redis::handle redis;
  chain::handle chains;
  guild::handle guilds;
  community::proxy communities;
  drafts::handle drafts;
  manifests::handle manifests; ///< Has what the last deployment stored.
};

} // namespace arrakis::wizard
