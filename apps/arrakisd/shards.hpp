#pragma once
// The shards of the bot: asks Discord how many there should be, then connects those whose lease this process holds and
// stands by for the others.
#include "adapters/discord/gateway/gateway.hpp"
#include "adapters/leases/messages.hpp"
#include "adapters/redis/messages.hpp"
#include "apps/arrakisd/gateway_plan.hpp"

#include <caf/typed_actor.hpp>
#include <vector>

namespace arrakis::shards {

struct inspect {
  deadline until;
};
struct states {
  bool known = false;
  std::vector<discord::shard_state> list;
};               ///< known: Discord said how many there are.
struct begin {}; ///< To itself.
using handle = caf::typed_actor<caf::replies_to<inspect>::with<states>, caf::reacts_to<begin>>;

struct options {
  secret token;
  std::string gateway_url; ///< Empty: as GET /gateway/bot says, asked anew before each connection that does not resume.
  discord::gateway::address_policy addresses;
  int shard_count = 0; ///< 0: as GET /gateway/bot says.
  bool compressed = true;
  leases::holder who; ///< As this process is known to the others.
  std::chrono::milliseconds ask_within{10'000};
  std::chrono::milliseconds ask_again_max{30'000};
};
struct ports {
  gateway_plan::handle plans;
  discord::gateway::session_store sessions;
  leases::handle leases;
  redis::handle redis; ///< Of the turns to identify.
  discord::sink sink;
  discord::rest rest; ///< For users who ask while nobody knows whose the shard is.
};
/// `io` outlives the actor. It asks until it is answered, with back-off; readiness is asked with `inspect`.
handle start(caf::actor_system&, net::io& io, options, ports);

} // namespace arrakis::shards
