#pragma once
// The part of Redis that actors use themselves, in memory: SET NX PX, HMGET, and the wizard's compare-and-set.
#include "adapters/redis/messages.hpp"
#include "runtime/clock.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <map>
#include <string>

namespace arrakis::test {

/// Redis in memory.
class fake_redis {
public:
  std::function<int64_t()> now_ms = [] { return wall_ms(); };
  bool compares = true; ///< Off in a negative control: the last writer wins.

  caf::expected<redis::reply> run(const redis::command&);
  caf::expected<redis::reply> run(const redis::eval&);
  /// As FLUSHALL.
  void forget() { entries_.clear(); }

  redis::handle port(caf::actor_system&, const way* = nullptr);

private:
  struct entry {
    std::string version, text; ///< Of a hash; a plain value has no version.
    int64_t until_ms = 0;
  };
  entry* find(const std::string& key);
  std::map<std::string, entry> entries_;
};

} // namespace arrakis::test
