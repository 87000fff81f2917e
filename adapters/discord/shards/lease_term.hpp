#pragma once
// One term of a shard's lease.
#include <algorithm>
#include <atomic>
#include <chrono>

namespace arrakis::discord::shards {

/// End of a lease term, readable from any thread. A lapsed term never becomes valid again, not even by a late answer,
/// because a successor may act already.
class lease_term {
public:
  using instant = std::chrono::steady_clock::time_point;
  explicit lease_term(instant until) : until_(until.time_since_epoch().count()) {}

  bool is_valid(instant now) {
    auto until = until_.load();
    if (now.time_since_epoch().count() < until)
      return true;
    while (until != 0 && !until_.compare_exchange_weak(until, 0)) { // Seen lapsed by one, it is so for all.
    }
    return false;
  }
  /// Extends the term; false: it had lapsed by `now`.
  bool extend(instant now, instant until) {
    auto before = until_.load();
    return now.time_since_epoch().count() < before
        && until_.compare_exchange_strong(before, std::max(before, until.time_since_epoch().count()));
  }
  void end() { until_ = 0; }
  instant until() const { return instant{instant::duration{until_.load()}}; }

private:
  std::atomic<instant::rep> until_;
};
} // namespace arrakis::discord::shards
