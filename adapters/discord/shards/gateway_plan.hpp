#pragma once
// What GET /gateway/bot says, asked once for all processes: its bucket is small (2 in 5 s), and they begin together.
#include "adapters/discord/gateway/address.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/discord/shards/plan.hpp"
#include "adapters/redis/messages.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <string>

namespace arrakis::discord::shards::gateway_plan {

struct find {
  deadline until;
};
/// The address of the plan is one that is allowed, or empty. ec::refused: Discord says no. ec::unavailable without
/// Redis, or while another process asks and gets no answer.
using handle = caf::typed_actor<caf::replies_to<find>::with<plan>>;

/// What Discord said is good for this long; Redis keeps it.
inline constexpr std::chrono::seconds holds{30};
/// What Redis keeps counts only with an address that `addresses` allows: without, Discord is asked.
handle start(caf::actor_system&, redis::handle, discord::rest, gateway::address_policy addresses);

} // namespace arrakis::discord::shards::gateway_plan
