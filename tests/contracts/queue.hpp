#pragma once
#include "adapters/queue/messages.hpp"
#include "runtime/error.hpp"

#include <caf/actor_system.hpp>
#include <functional>

namespace arrakis::contracts {
/// How a test reaches one queue and its workers, whose processor answers each job by its name: "ok", "fail" (may be
/// tried again), "final". Nobody works before `hire`.
struct queue_bench {
  caf::actor_system& sys;
  arrakis::queue::handle port;
  std::function<void()> hire;
};
/// The contract of every queue towards the relay and an operator. `fresh` is empty; called once for each subcase.
void queue(const std::function<queue_bench()>& fresh);
} // namespace arrakis::contracts
