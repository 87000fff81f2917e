#pragma once
// Names of a queue's keys in Redis (BullMQ 5.66.4, src/classes/queue-keys.ts).
#include <string>
#include <string_view>

namespace arrakis::queue {
/// Key names of one queue: `<prefix>:<queue>:` and BullMQ's suffixes.
struct keys {
  keys(const std::string& prefix, const std::string& queue) : base(prefix + ":" + queue + ":") {}
  std::string base;
  std::string wait = base + "wait", paused = base + "paused", active = base + "active",
              prioritized = base + "prioritized", delayed = base + "delayed", completed = base + "completed",
              failed = base + "failed", waiting_children = base + "waiting-children", stalled = base + "stalled",
              stalled_check = base + "stalled-check", marker = base + "marker", limiter = base + "limiter",
              meta = base + "meta", events = base + "events", id = base + "id", priority_counter = base + "pc",
              repeat = base + "repeat", metrics_completed = base + "metrics:completed",
              metrics_failed = base + "metrics:failed";
  std::string job(std::string_view id_of_job) const { return std::string{base}.append(id_of_job); }
};
} // namespace arrakis::queue
