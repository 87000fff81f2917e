#pragma once
// Check of the eviction policy. Queue, leases, budget and sessions are lost with their keys, so a server that holds any
// of them must run with maxmemory-policy noeviction.
#include "adapters/redis/link.hpp"
#include "runtime/deadline.hpp"

#include <string>
#include <string_view>

namespace arrakis::redis {

/// `maxmemory_policy` in a reply to INFO (https://redis.io/docs/latest/commands/info, section memory). A user may read
/// INFO where CONFIG is forbidden. Empty: not found.
std::string eviction_policy_in(std::string_view info);

/// Error text for a policy that evicts, with the remedy. Empty: no eviction, or unknown.
std::string eviction_fault(std::string_view policy);

/// Asks the server and blocks until its answer, at most half a second beyond the deadline; for the start of a program.
/// ec::refused: the server evicts; the text names `setting`. No error when it does not answer or does not tell its
/// policy: `status` shows it later.
caf::error check_eviction(const link& of, const std::string& setting, deadline until);

} // namespace arrakis::redis
