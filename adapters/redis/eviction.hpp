#pragma once
// Whether a server may drop keys by itself. Queue, leases, budget, sessions and marks are lost with their keys, so each
// server that holds any of them must run with maxmemory-policy noeviction.
#include "adapters/redis/link.hpp"
#include "runtime/deadline.hpp"

#include <string>
#include <string_view>

namespace arrakis::redis {

/// `maxmemory_policy` of a reply to INFO (https://redis.io/docs/latest/commands/info, section memory), which a user may
/// read where CONFIG is forbidden. Empty: it does not stand there.
std::string eviction_policy_in(std::string_view info);

/// What is wrong with the policy, and what to do. Empty: nothing, or it is not known.
std::string eviction_fault(std::string_view policy);

/// Asks the server and waits for its answer, at most until half a second after the deadline, also where the link's
/// own thread stands still: for the start of a program, on a thread that may wait. ec::refused with a sentence: it
/// evicts. No error where it does not answer or does not say: `status` finds out later.
caf::error check_eviction(const link& of, const std::string& setting, deadline until);

} // namespace arrakis::redis
