#pragma once
// What happens when the actor of a tenant keeps crashing: its last message is kept in the tenant's dead letters.
#include "adapters/postgres/communities/messages.hpp"
#include "adapters/postgres/dead_letters/messages.hpp"

#include <caf/actor_system.hpp>
#include <functional>
#include <string>

namespace arrakis::quarantine {
/// The callback for directory::options::quarantined. Keys end with the guild's snowflake: "123" or "user:123". Of a
/// guild without a community there is nothing to keep it under: the log line of the directory is all.
std::function<void(const std::string& key, const std::string& error, const std::string& last_message)>
keep_last_message(caf::actor_system&, std::string actor, communities::handle, dead_letters::handle);
} // namespace arrakis::quarantine
