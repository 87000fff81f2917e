#pragma once
#include "adapters/postgres/outbox/messages.hpp"

#include <caf/actor_system.hpp>
#include <functional>

namespace arrakis::contracts {
/// How a test reaches one implementation. `owe` adds `count` rows of a kind to the tenant of that number (1, 2).
struct outbox_bench {
  caf::actor_system& sys;
  arrakis::outbox::handle port;
  std::function<void(int tenant, int count, const std::string& kind)> owe;
};
/// The contract of every outbox towards the relay. `fresh` is empty; called once for each subcase.
void outbox(const std::function<outbox_bench()>& fresh);
} // namespace arrakis::contracts
