#pragma once
#include "adapters/discord/identity/messages.hpp"
#include "adapters/discord/rest/messages.hpp"

#include <atomic>
#include <functional>

namespace arrakis::discord {

/// Readable from any thread; zero while it is not known. Lives longer than the actor below. Who can wait asks
/// get_identity.
struct identity {
  std::atomic<uint64_t> application{0};
  std::atomic<bool> token_refused{false};
};

/// Asks GET /applications/@me with back-off until it is answered; then it answers those who wait, writes `who` and
/// tells `known`.
identity_port start_identity(caf::actor_system&, discord::rest, identity& who,
                             std::function<void(snowflake application)> known);

} // namespace arrakis::discord
