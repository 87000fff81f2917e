#pragma once
// Where events of the gateway enter the domain: it delivers first answers to Discord and hands the rest to whom it
// concerns.
#include "actors/interactions/messages.hpp"
#include "adapters/discord/gateway/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <caf/actor.hpp>
#include <functional>

namespace arrakis::edge {

struct ports {
  interactions::handle interactions;
  discord::rest rest;
  caf::actor communities; ///< Directory by guild.
};
struct options {
  /// A first answer must reach Discord within 3 s of the interaction; later it is refused, so it is not even sent.
  std::chrono::milliseconds answer_within{2'800};
  size_t in_flight_max = 2'000; ///< Interactions waiting for their answer; further ones are dropped and counted (P9).
  /// Told when a shard is ready: the bot's own ids.
  std::function<void(const discord::shard_ready&)> ready;
  /// Told when a shard stopped for good and an operator must act.
  std::function<void(const discord::shard_stopped&)> stopped;
};

/// Starts the sink of all shards of this process.
discord::sink start(caf::actor_system&, ports, options);

} // namespace arrakis::edge
