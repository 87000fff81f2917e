#pragma once
// Guards of a shard's ports, which close when its lease ends. A process that was stopped meanwhile (SIGSTOP, a long
// pause of the machine) finds its ports closed before it learns that the lease is over.
#include "adapters/discord/gateway/messages.hpp"
#include "adapters/discord/gateway/ports.hpp"
#include "adapters/discord/rest/messages.hpp"
#include "adapters/discord/shards/lease_term.hpp"

#include <caf/actor_system.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace arrakis::discord::shards::lease_guard {
using right = std::shared_ptr<lease_term>;

/// Interactions whose user was told that nothing was done. Discord replays them to the next lease term after RESUME,
/// which must ignore them. One for all shards of a process; thread-safe; holds the last 1,000.
class notified_users {
public:
  void insert(snowflake interaction);
  void erase(snowflake interaction);
  bool contains(snowflake interaction) const;

private:
  mutable std::mutex guard_;
  std::deque<snowflake> list_;
};

/// Reply to users while Redis is away.
struct apologies {
  discord::rest rest;
  std::function<interaction_answer(const interaction&)> answer; ///< Reply: nothing was done, try again.
  std::shared_ptr<notified_users> told = std::make_shared<notified_users>();
};

/// Guard of the event handler: passes dispatches to `to` while the lease holds; afterwards they belong to the successor
/// and are answered with ec::stale. While Redis is away, so that a successor may exist, users get the reply of
/// `replies`: late enough that a successor's answer comes first, and Discord then refuses this one.
discord::event_handler handler(caf::actor_system&, right, discord::event_handler to, apologies replies);
/// Guard of the session store: saves and clears pass while the lease holds, so that a late one cannot overwrite the
/// successor's session.
gateway::session_store store(caf::actor_system&, right, gateway::session_store to);
/// Guard of the connector: opens sockets while the lease holds; a later one would take the session from the successor.
gateway::connector connector(caf::actor_system&, right, gateway::connector to);

} // namespace arrakis::discord::shards::lease_guard
