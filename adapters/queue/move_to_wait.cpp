// Moves an active job back without an end: to waiting-children, or to wait under the rate limiter.
#include "adapters/queue/backend.hpp"
#include "adapters/queue/scripts.hpp"

#include <vector>

namespace arrakis::queue {

void backend::move_to_waiting_children(const active_job& job, std::string_view token, deadline until,
                                       done answer) const {
  const auto& k = keys_;
  const auto key = k.job(job.what.id);
  to_.eval(lua::move_to_waiting_children_7,
           {k.active, k.waiting_children, key, key + ":dependencies", key + ":unsuccessful", k.stalled, k.events},
           {token, "", now_text(), job.what.id, k.base}, until, std::move(answer));
}

void backend::move_to_wait(const active_job& job, std::string_view token, std::chrono::milliseconds wait,
                           deadline until, done answer) const {
  // BullMQ's value of the limiter's key for "used up": JavaScript's largest safe integer.
  static constexpr const char* used_up = "9007199254740991";
  const auto& k = keys_;
  std::vector<redis::step> steps;
  if (wait.count() > 0)
    steps.push_back({nullptr, {"SET"}, {k.limiter}, {used_up, "PX", std::to_string(wait.count())}});
  steps.push_back({&lua::move_job_from_active_to_wait_9,
                   {},
                   {k.active, k.wait, k.stalled, k.paused, k.meta, k.limiter, k.prioritized, k.marker, k.events},
                   {job.what.id, std::string{token}, k.job(job.what.id)}});
  to_.transaction(steps, until, std::move(answer));
}
} // namespace arrakis::queue
