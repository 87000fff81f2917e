#pragma once
// Shards of the bot: asks Discord for their number, then connects those whose lease this process holds and stands by
// for the others.
#include "adapters/discord/gateway/ports.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/discord/shards/gateway_plan.hpp"
#include "adapters/discord/shards/messages.hpp"
#include "adapters/leases/messages.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace arrakis::discord::shards {

/// Ports of one lease term of one shard, for `ports::start_shard`. Each is closed when the term is over.
struct connection {
  int shard = 0;
  int shard_count = 1;
  discord::event_handler events;
  gateway::session_store sessions;
  gateway::connector connector;
  gateway::url_source find_url;
  gateway::identify_pacing pacing; ///< One for all shards of the process.
};

/// Settings of the shards.
struct options {
  std::string gateway_url; ///< Empty: as GET /gateway/bot says, asked anew before each connection that does not resume.
  int shard_count = 0;     ///< 0: as GET /gateway/bot says.
  leases::holder who;      ///< This process as a holder of leases.
  std::chrono::milliseconds ask_within{10'000};
  std::chrono::milliseconds ask_again_max{30'000};
};
/// Ports of the shards.
struct ports {
  gateway_plan::handle plans;
  gateway::session_store sessions;
  leases::handle leases;
  discord::event_handler events;
  discord::rest rest; ///< For replies to users while the shard's holder is unknown.
  /// First response to such a user.
  std::function<interaction_answer(const interaction&)> unavailable_answer;
  gateway::connector connector;
  /// Makes the pacing of identifies for a plan. Called once.
  std::function<gateway::identify_pacing(const plan&)> pacing;
  /// Connects a shard with the bot's token.
  std::function<discord::shard(connection)> start_shard;
};
/// Starts the shards. Asks GET /gateway/bot with back-off until it is answered; ask for readiness with `inspect`. On an
/// exit message it ends its shards in order, so that each stores its session, and ends.
handle start(caf::actor_system&, options, ports);

} // namespace arrakis::discord::shards
