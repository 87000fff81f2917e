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
  std::map<std::string, instant> held_;
  std::map<std::string, instant> holds_; ///< By place.
  uint64_t holds_version_ = 0;
  std::optional<instant> quiet_;
};

/// The same, owned by its actor.
discord::budget::handle memory_budget(caf::actor_system&, discord::budget::options = {});
} // namespace arrakis::test
