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

discord::budget::handle start_budget(caf::actor_system&, redis::handle, const config&);

/// What a daemon shares with its REST client; all of it outlives the actor.
struct discord_link {
  net::http_client& http;
  std::function<secret()> token;    ///< Asked for each call, so that a rotated one is used at once.
  std::atomic<bool>& token_refused; ///< True from a 401 until that token is accepted or another one is set.
  discord::server_clock& clock;     ///< Learns from each answer.
};
discord::rest start_rest(caf::actor_system&, const config&, discord_link, discord::budget::handle);
/// `who` outlives the actor; discord::start_identity says when `known` is told.
discord::identity_port start_identity(caf::actor_system&, discord::rest, discord::identity& who,
                                      std::function<void(snowflake application)> known);

/// Which gateways may get the token. Throws std::runtime_error that names the key.
discord::gateway::address_policy allowed_gateways(const config&);
discord::gateway::session_store start_shard_sessions(caf::actor_system&, redis::handle);
discord::shards::gateway_plan::handle start_gateway_plan(caf::actor_system&, redis::handle, discord::rest,
                                                         const discord::gateway::address_policy&);
struct shard_ports {
  discord::shards::gateway_plan::handle plans;
  discord::gateway::session_store sessions;
  leases::handle leases;
  redis::handle redis; ///< Of the turns to identify.
  discord::event_handler events;
  discord::rest rest;
};
/// `io` and the configuration outlive the actor.
discord::shards::handle start_shards(caf::actor_system&, net::io&, const config&, const secret& token,
                                     const discord::gateway::address_policy&, leases::holder who, shard_ports);

/// None without discord.public_key. The clock outlives the webhook.
std::optional<api::webhook> make_webhook(const config&, const discord::server_clock&);

} // namespace arrakis::wiring
