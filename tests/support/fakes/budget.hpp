#pragma once
#include "adapters/discord/rest/budget.hpp"
#include "tests/support/fakes/ports.hpp"

#include <caf/fwd.hpp>
#include <map>
#include <optional>
#include <string>

namespace arrakis::test {

/// The budget of a cluster in memory, on the actor's clock. Keeps tests/contracts/budget.hpp.
class fake_budget {
public:
  using instant = std::chrono::steady_clock::time_point;
  explicit fake_budget(discord::budget::options o = {}) : how(std::move(o)) {}
  discord::budget::options how;
  bool grants_all = false; ///< For a negative control.

  discord::budget::granted trade(const discord::budget::exchange&, instant now);
  /// Redis was emptied.
  void forget();
  discord::budget::handle port(caf::actor_system&, const way* = nullptr);

private:
  struct flight {
    instant until{};
    uint64_t number = 0;
  };
  struct bucket {
    int left = 0;
    instant reset{};
    uint64_t calls = 0;
    std::map<std::string, flight> flights; ///< By slot.
  };
  struct window {
    int limit = 0;
    std::chrono::milliseconds length{0};
  };
  std::string bucket_of(const std::string& route_key) const;
  bucket& find(const std::string& route_key, instant now);
  std::chrono::milliseconds reserve(const discord::budget::slot&, instant now);
  void learn(const discord::budget::answered_slot&, instant now);
  void give_back(const discord::budget::slot&, instant now);

  std::map<std::string, bucket> buckets_;     ///< By hash, before it is known by route, and resource.
  std::map<std::string, std::string> hashes_; ///< By route; empty: the route has no bucket.
  std::map<std::string, window> windows_;     ///< By hash.
  std::map<std::string, instant> held_;
  std::map<std::string, instant> holds_; ///< By route key.
  uint64_t holds_version_ = 0;
  std::optional<instant> quiet_;
};

/// The same, owned by its actor.
discord::budget::handle memory_budget(caf::actor_system&, discord::budget::options = {});
} // namespace arrakis::test
