#pragma once
#include "actors/community/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/signer/messages.hpp"

#include <functional>

namespace arrakis::community {

/// Actors that a community asks.
struct ports {
  communities::handle communities;
  manifests::handle manifests;
  deployments::handle deployments;
  signer::handle signer;
  std::function<void()>
    notify_relay; ///< Told after a commit, so that the outbox is looked at without waiting for the poll.
};
/// Time limits and caps of a community.
struct limits {
  /// How long the rules are served, and a manifest that was read and judged, without asking PostgreSQL again. Status,
  /// fence and the number of the active version are read for each description.
  std::chrono::milliseconds fresh{5'000};
  int conflicts_max = 3; ///< Version races are tried again this often before the asker is told.
};

/// Starts the actor of `guild`. Use it behind directory::start.
handle start(caf::actor_system&, snowflake guild, ports, limits = {});

} // namespace arrakis::community
