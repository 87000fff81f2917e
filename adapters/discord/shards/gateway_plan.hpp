#pragma once
// Shared answer of GET /gateway/bot: its bucket is small (2 in 5 s), and all processes start together.
#include "adapters/discord/gateway/address.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/discord/shards/plan.hpp"
#include "adapters/redis/messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <string>

namespace arrakis::discord::shards::gateway_plan {

/// Asks for the plan. -> plan
struct find {
  deadline until;
};
/// Handle of the actor. The plan's URL is allowed or empty. ec::refused: Discord refuses. ec::unavailable without
/// Redis, or while another process asks and gets no answer.
using handle = caf::typed_actor<caf::replies_to<find>::with<plan>>;

/// Validity of an answer, which Redis stores.
inline constexpr std::chrono::seconds cache_ttl{30};
/// Starts the actor. It uses a plan cached in Redis only when `addresses` allows its URL; else it asks Discord.
handle start(caf::actor_system&, redis::handle, discord::rest, gateway::address_policy addresses);

} // namespace arrakis::discord::shards::gateway_plan
