#pragma once
#include "adapters/discord/identity/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <atomic>
#include <functional>

namespace arrakis::discord {

/// Application id for readers on any thread; zero while unknown. Outlives the actor below. Callers that can wait send
/// get_identity.
struct identity {
  std::atomic<uint64_t> application{0};
  std::atomic<bool> token_refused{false};
};

/// Starts the actor. It asks GET /applications/@me with back-off until it is answered; then it answers pending
/// requests, writes `who` and calls `known`.
identity_port start_identity(caf::actor_system&, discord::rest, identity& who,
                             std::function<void(snowflake application)> known);

} // namespace arrakis::discord
