#pragma once
// What a shard touches, closed to it from the moment at which its lease is over. A process that was stopped in between
// (SIGSTOP, a long pause of the machine) finds these closed before it finds out why.
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

/// Interactions whose user was told that nothing was done: Discord repeats them to the next term after its RESUME, and
/// they are not done then either. Of all shards of a process; thread-safe; keeps the last 1,000.
class told_users {
public:
  void insert(snowflake interaction);
  void erase(snowflake interaction);
  bool contains(snowflake interaction) const;

private:
  mutable std::mutex guard_;
  std::deque<snowflake> list_;
};

/// How a user is told without Redis.
struct apologies {
  discord::rest rest;
  std::function<interaction_answer(const interaction&)> answer; ///< Says that nothing was done, and to try again.
  std::shared_ptr<told_users> told = std::make_shared<told_users>();
};

/// Dispatches reach `to` while the right holds; afterwards they are the successor's, and answered with ec::stale. While
/// nobody knows whether there is a successor (Redis is away, and this shard is still connected), users are told so
/// by `sorry`: late enough that a successor's answer comes first, and Discord then refuses ours.
discord::event_handler handler(caf::actor_system&, right, discord::event_handler to, apologies sorry);
/// Saves and clears reach `to` while the right holds: a shard that is over does not write over its successor's session.
gateway::session_store store(caf::actor_system&, right, gateway::session_store to);
/// Connections are opened while the right holds: a second one would take the session from the successor.
gateway::connector connector(caf::actor_system&, right, gateway::connector to);

} // namespace arrakis::discord::shards::lease_guard
