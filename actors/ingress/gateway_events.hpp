#pragma once
// Receives the events of the gateway: delivers the first answers of interactions to Discord, and passes the other
// events on.
#include "actors/ingress/entry.hpp"
#include "adapters/discord/gateway/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <caf/actor.hpp>
#include <functional>

namespace arrakis::ingress::gateway_events {

/// Actors that receive events.
struct ports {
  ingress::handle interactions;
  ingress::admission* admission = nullptr; ///< The same that signed HTTP asks.
  discord::rest rest;
  caf::actor communities; ///< Directory by guild.
};
/// Tunables and callbacks.
struct options {
  /// A first answer must reach Discord within 3 s of the interaction; later it is refused, so it is not even sent.
  std::chrono::milliseconds answer_within{2'800};
  /// Called when a shard is ready, with the bot's own ids.
  std::function<void(const discord::shard_ready&)> ready;
  /// Called when a shard stopped for good and an operator must act.
  std::function<void(const discord::shard_stopped&)> stopped;
};

/// Starts the actor that receives the events of all shards of this process.
discord::event_handler start(caf::actor_system&, ports, options);

} // namespace arrakis::ingress::gateway_events
