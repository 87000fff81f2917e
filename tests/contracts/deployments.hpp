#pragma once
#include "adapters/postgres/deployments/messages.hpp"
#include "schemas/ids.hpp"

#include <caf/fwd.hpp>
#include <functional>

namespace arrakis::test {
/// One community with one pending deployment.
struct deployments_bench {
  caf::actor_system& sys;
  deployments::handle port;
  community_id community;
  int64_t version = 1;
  std::function<void()> freeze;
  std::function<void()> settle; ///< Lets simulated actors run; empty where they run by themselves.
};
/// The contract of the store of deployments towards a worker. `fresh` is called once for each subcase.
void deployments_contract(const std::function<deployments_bench()>& fresh);
} // namespace arrakis::test
