#pragma once
#include "actors/ingress/routes.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/redis/messages.hpp"

#include <chrono>
#include <functional>

namespace arrakis::ingress {

/// The actors and facts that the ingress needs.
struct ports {
  redis::handle redis; ///< Remembers which interactions were taken.
  discord::rest rest;
  route_table routes; ///< Made by declare_handlers.
  /// Our application; 0 while Discord has not said which it is, and then every interaction is taken for ours. Empty: as
  /// 0. Any thread.
  std::function<snowflake()> application = {};
  /// True while the guild's tenant is in quarantine: then every answer there says so. Empty: none is.
  std::function<bool(snowflake guild)> is_quarantined = {};
};
/// Time limits.
struct limits {
  /// Discord drops an interaction 3 s after it was made; 1 s is for the way there and back. Counted from received_ms.
  std::chrono::milliseconds direct_within{2'000};
  std::chrono::milliseconds remember_within{400}; ///< The question whether an interaction was taken before.
  std::chrono::milliseconds handler_within{20'000};
  std::chrono::milliseconds edit_within{10'000};
};

/// Starts the actor that gives first answers.
handle start(caf::actor_system&, ports, limits = {});

} // namespace arrakis::ingress
