#pragma once
// Starts what speaks to Discord: its REST client, its gateway, and the reader of signed interactions.
#include "actors/api/api.hpp"
#include "adapters/discord/gateway/address.hpp"
#include "adapters/discord/identity/identity.hpp"
#include "adapters/discord/rest/budget.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/discord/rest/server_clock.hpp"
#include "adapters/discord/shards/gateway_plan.hpp"
#include "adapters/discord/shards/shards.hpp"
#include "adapters/leases/messages.hpp"
#include "adapters/redis/messages.hpp"
#include "runtime/config.hpp"

#include <atomic>
#include <functional>
#include <optional>

namespace arrakis::net {
class http_client;
class io;
} // namespace arrakis::net

namespace arrakis::wiring {

/// Starts the request budget of the cluster, as discord.budget_per_second says.
discord::budget::handle start_budget(caf::actor_system&, redis::handle, const config&);

/// Objects that a daemon shares with its REST client; all of them outlive the actor.
struct discord_link {
  net::http_client& http;
  std::function<secret()> token;    ///< Asked for each call, so that a rotated one is used at once.
  std::atomic<bool>& token_refused; ///< True from a 401 until that token is accepted or another one is set.
  discord::server_clock& clock;     ///< Learns from each answer.
};
/// Starts the REST client for discord.api_url.
discord::rest start_rest(caf::actor_system&, const config&, discord_link, discord::budget::handle);
/// Starts the reader of the bot's identity. `who` outlives the actor; discord::start_identity says when it calls
/// `known`.
discord::identity_port start_identity(caf::actor_system&, discord::rest, discord::identity& who,
                                      std::function<void(snowflake application)> known);

/// Returns the gateways that may receive the token. Throws std::runtime_error that names the key.
discord::gateway::address_policy allowed_gateways(const config&);
/// Starts the store of gateway sessions in Redis.
discord::gateway::session_store start_shard_sessions(caf::actor_system&, redis::handle);
/// Starts the reader of the gateway address and the shard count.
discord::shards::gateway_plan::handle start_gateway_plan(caf::actor_system&, redis::handle, discord::rest,
                                                         const discord::gateway::address_policy&);
/// Ports of the shards.
struct shard_ports {
  discord::shards::gateway_plan::handle plans;
  discord::gateway::session_store sessions;
  leases::handle leases;
  redis::handle redis; ///< Holds the turns to identify.
  discord::event_handler events;
  discord::rest rest;
};
/// Starts the shards. `io` and the configuration outlive the actor.
discord::shards::handle start_shards(caf::actor_system&, net::io&, const config&, const secret& token,
                                     const discord::gateway::address_policy&, leases::holder who, shard_ports);

/// Returns the verifier of signed interactions; nullopt without discord.public_key. The clock outlives it.
std::optional<api::webhook> make_webhook(const config&, const discord::server_clock&);

} // namespace arrakis::wiring
