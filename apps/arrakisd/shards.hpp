#pragma once
// The shards of this process: asks Discord how many there should be, then starts and supervises them.
#include "adapters/discord/gateway/gateway.hpp"
#include "adapters/discord/rest/messages.hpp"

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
  int shard_count = 0;     ///< 0: as GET /gateway/bot says.
  bool compressed = true;
  std::chrono::milliseconds ask_within{10'000};
  std::chrono::milliseconds ask_again_max{30'000};
};
/// `io` outlives the actor. It asks until it is answered, with back-off; readiness is asked with `inspect`.
handle start(caf::actor_system&, net::io& io, options, discord::rest, discord::gateway::session_store, discord::sink);

} // namespace arrakis::shards
