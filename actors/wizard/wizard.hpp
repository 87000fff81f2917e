#pragma once
#include "actors/ingress/messages.hpp"
#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/ports.hpp"
#include "adapters/queue/messages.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace arrakis::wizard {

/// Time limits of the wizard.
struct limits {
  std::chrono::milliseconds session_ttl{900'000}; ///< wizard.ttl_s: how long a session waits for its next click.
  std::chrono::milliseconds redis_within{1'500};
  /// Time limit of reading the guild: four calls, which wait their turn when many admins are active. The first answer
  /// does not wait for it (ingress::limits::direct_within).
  std::chrono::milliseconds guild_within{10'000};
  std::chrono::milliseconds guild_fresh{10'000}; ///< For so long it is shown again; a deployment reads it anew.
  std::chrono::milliseconds chain_within{8'000}; ///< The chain port has its own, shorter waits for each endpoint.
  std::chrono::milliseconds community_within{4'000};
  std::chrono::milliseconds describe_within{1'500}; ///< Reading the community for a screen, which does without it.
  std::chrono::milliseconds draft_within{1'000};    ///< Writing a draft, without which a click is answered as well.
  std::chrono::milliseconds queue_within{1'000};    ///< Asking the queue how far a job is, which a screen does without.
  std::chrono::milliseconds submit_within{10'000};
  std::chrono::milliseconds idle{15 * 60'000}; ///< Without a message for this long a session's actor leaves.
  size_t active_max = 10'000;                  ///< Sessions with an actor; further ones answer ec::busy.
};
/// Tunables of the wizard, and the queue that it asks.
struct options {
  /// Returns the catalogue, at each click, because chains come and go while a session is open.
  std::function<std::shared_ptr<const core::catalogue>()> offered = [] {
    return std::make_shared<const core::catalogue>(core::everything());
  };
  wizard::limits limits;
  queue::handle queue; ///< The deployments' queue; null: their progress is as PostgreSQL says.
  /// Called when a session's actor crashed too often: key, error, last message.
  std::function<void(const std::string&, const std::string&, const std::string&)> quarantined;
  /// Returns why a session is in quarantine, by its key (directory::options::quarantine_of).
  std::function<std::optional<std::string>(const std::string&)> quarantine_of;
};

/// Starts the wizard: a directory of session actors behind one address. It handles the commands /onboard and /resume
/// and all components and modals of sessions.
ingress::handler start(caf::actor_system&, ports, options = {});

} // namespace arrakis::wizard
