#pragma once
#include "actors/community/messages.hpp"
#include "actors/verdicts/messages.hpp"
#include "adapters/chain/reader/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/postgres/profiles/messages.hpp"
#include "adapters/postgres/wallets/messages.hpp"

#include <functional>

namespace arrakis::verdicts {

/// The actors that a judgement asks.
struct ports {
  community::proxy communities;
  manifests::handle manifests;
  wallets::handle wallets;
  profiles::handle profiles;
  chain::reader::readers chains;
  std::function<void()> notify_relay = [] {}; ///< Called after a commit that owes jobs.
};
/// Bounds of this actor.
struct options {
  size_t judgements_max = 256;                    ///< Judgements that run or wait; one more gets ec::busy.
  size_t of_guild_max = 32;                       ///< Of one guild, so that it leaves room for others.
  int attempts_max = 3;                           ///< When the community changed meanwhile.
  std::chrono::milliseconds record_within{2'000}; ///< Kept of the deadline for recording.
};
/// Starts the actor.
handle start(caf::actor_system&, ports, options = {});

} // namespace arrakis::verdicts
