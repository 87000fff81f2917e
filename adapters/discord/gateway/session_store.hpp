#pragma once
// The port to where shards keep their sessions between processes.
#include "adapters/discord/gateway/session.hpp"
#include "adapters/redis/messages.hpp"
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>

namespace arrakis::discord::gateway {
/// An empty id when nothing is kept, or what is kept cannot be read.
struct load_session {
  int shard = 0;
  deadline until;
};
struct save_session {
  int shard = 0;
  saved_session what;
  deadline until;
};
struct clear_session {
  int shard = 0;
  deadline until;
};
struct session_kept {};

/// Errors as those of redis::handle. A lost save costs a replay of a few events, never an event.
using session_store = caf::typed_actor<caf::replies_to<load_session>::with<saved_session>,
                                       caf::replies_to<save_session>::with<session_kept>,
                                       caf::replies_to<clear_session>::with<session_kept>>;

/// Discord forgets a dropped session after some minutes; a key that outlives it only costs one failed resume.
constexpr std::chrono::seconds session_ttl{300};
/// Key `discord:shard:{id}:session` (the braces mark the place of the number), JSON, with `session_ttl`.
session_store start_redis_session_store(caf::actor_system&, redis::handle);
} // namespace arrakis::discord::gateway
