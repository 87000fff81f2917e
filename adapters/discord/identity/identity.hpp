#pragma once
// Who we are at Discord: asked once at start, until it is answered.
#include "adapters/discord/rest/messages.hpp"
#include "schemas/ids.hpp"

#include <atomic>
#include <caf/actor.hpp>
#include <functional>

namespace arrakis::discord {

/// Readable from any thread; zero while it is not known. Lives longer than the actor below.
struct identity {
  std::atomic<uint64_t> application{0};
  std::atomic<uint64_t> bot{0}; ///< The bot's own user, which for old applications has another id than the application.
  std::atomic<bool> token_refused{false};
};

/// Asks GET /applications/@me with back-off until it is answered, writes `who`, tells `known` and ends.
caf::actor find_identity(caf::actor_system&, discord::rest, identity& who,
                         std::function<void(snowflake application)> known);

} // namespace arrakis::discord
