#pragma once
// What a shard touches, closed to it from the moment at which its lease is over. A process that was stopped in between
// (SIGSTOP, a long pause of the machine) finds these closed before it finds out why.
#include "adapters/discord/gateway/gateway.hpp"
#include "apps/arrakisd/tenure.hpp"

#include <caf/actor_system.hpp>
#include <memory>

namespace arrakis::guarded {
using right = std::shared_ptr<tenure>;

/// Dispatches reach `to` while the right holds; afterwards they are the successor's, and answered with ec::stale.
discord::sink sink(caf::actor_system&, right, discord::sink to);
/// Saves and clears reach `to` while the right holds: a shard that is over does not write over its successor's session.
discord::gateway::session_store store(caf::actor_system&, right, discord::gateway::session_store to);
/// Connections are opened while the right holds: a second one would take the session from the successor.
discord::gateway::connector connector(caf::actor_system&, right, discord::gateway::connector to);

} // namespace arrakis::guarded
