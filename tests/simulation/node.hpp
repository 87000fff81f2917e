#pragma once
// One process of ours: its own actors over the shared fakes. It ends as by SIGKILL: from one delivery to the next
// nothing of it reaches anybody, and nothing reaches it.
#include "actors/community/community.hpp"
#include "actors/fences/fences.hpp"
#include "actors/gate/gate.hpp"
#include "actors/ingress/entry.hpp"
#include "actors/jobs/jobs.hpp"
#include "actors/outbox_relay/outbox_relay.hpp"
#include "actors/reconciler/reconciler.hpp"
#include "actors/wizard/wizard.hpp"
#include "adapters/discord/gateway/messages.hpp"
#include "runtime/services.hpp"
#include "tests/support/fakes/ports.hpp"

#include <string>
#include <vector>

namespace arrakis::simulation {
class simulated_cluster;

/// One process of the cluster.
class node {
public:
  node(simulated_cluster&, size_t seat, std::string name, std::chrono::milliseconds ahead);
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  void kill();
  bool up() const { return by.open; }

  const size_t seat;
  const std::string name;                ///< Of this incarnation; the holder of its leases.
  const std::chrono::milliseconds ahead; ///< Of its wall clock.
  test::way by;
  std::chrono::steady_clock::time_point redis_away_until{}; ///< Cut off from Redis alone.
  discord::event_handler sink;
  ingress::admission admission; ///< Of both ways in for interactions.
  ingress::handle interactions;
  community::proxy communities;
  reconciler::handle reconciler;

private:
  template <class Handle>
  Handle keep(Handle h) {
    parts_.push_back(caf::actor_cast<caf::actor>(h));
    return h;
  }
  void start();

  simulated_cluster& cluster_;
  fences::fence_table fences_;
  services available_; ///< Outlives the actors.
  std::vector<caf::actor> parts_;
};

} // namespace arrakis::simulation
