#pragma once
#include "actors/ingress/routes.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/redis/messages.hpp"

#include <chrono>
#include <functional>

namespace arrakis::ingress {

/// Actors and facts that the ingress needs.
struct ports {
  redis::handle redis; ///< Remembers which interactions were taken.
  discord::rest rest;
  route_table routes; ///< Made by declare_handlers.
  /// Id of our application; 0 while it is unknown, and then every interaction is accepted as ours. Empty function:
  /// always 0. Callable on any thread.
  std::function<snowflake()> application = {};
  /// True while the guild's tenant is in quarantine: its users get a sentence about it. Empty: never.
  std::function<bool(snowflake guild)> is_quarantined = {};
};
/// Time limits of the ingress.
struct limits {
  /// Limit of a direct first answer, from received_ms: Discord allows 3 s, of which 1 s is for the network.
  std::chrono::milliseconds direct_within{2'000};
  std::chrono::milliseconds remember_within{400}; ///< The question whether an interaction was taken before.
  std::chrono::milliseconds handler_within{20'000};
  std::chrono::milliseconds edit_within{10'000};
  /// Time in which a handler is asked again, after a late edit, if the end of its work came before.
  std::chrono::milliseconds end_within{120'000};
};

/// Starts the actor that gives first answers.
handle start(caf::actor_system&, ports, limits = {});

} // namespace arrakis::ingress
