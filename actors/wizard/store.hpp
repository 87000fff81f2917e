#pragma once
// Sessions in Redis: `wizard:{user}:{guild}`, a hash of version and record. Every write is one compare-and-set on the
// version, so it does not matter which process takes a click.
#include "actors/wizard/core/record.hpp"
#include "adapters/redis/messages.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace arrakis::wizard::store {

inline constexpr std::chrono::milliseconds ttl_complete{60'000}; ///< Life of a finished session.

/// The Redis key of a user's session in a guild.
std::string key(snowflake user, snowflake guild);

/// The command that reads a session.
redis::command load(snowflake user, snowflake guild, deadline until);
/// A session as stored in Redis; `version` 0: none. A record that this build cannot read, or whose user or guild
/// differs from the key's, is absent, with its version.
struct loaded {
  int64_t version = 0;
  std::optional<core::record> session;
};
/// The session in the reply to `load`. Fails where Redis answers with another shape.
caf::expected<loaded> read_loaded(const redis::reply&, snowflake user, snowflake guild);

/// Stores `next` under next.version if the stored version is still `expected` (0: there is no session). It lives for
/// `ttl` from now, a finished one for ttl_complete.
redis::eval swap(int64_t expected, const core::record& next, std::chrono::milliseconds ttl, deadline until);
/// Removes the session of `of` if its version is still of.version.
redis::eval remove(const core::record& of, deadline until);
/// Result of `swap` or `remove`. `done == false`: another write came first; `current` is the stored session.
struct swapped {
  bool done = false;
  loaded current;
};
/// Reads the reply to `swap` or `remove`.
caf::expected<swapped> read_swapped(const redis::reply&, snowflake user, snowflake guild);

} // namespace arrakis::wizard::store
