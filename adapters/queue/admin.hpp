#pragma once
// Methods of BullMQ's Queue, Job, FlowProducer and job schedulers beyond the port of messages.hpp: for operators, and
// for programs that share a queue with other BullMQ clients. Each call is one script, one transaction or one command.
#include "adapters/queue/keys.hpp"
#include "adapters/queue/new_job.hpp"
#include "adapters/queue/options.hpp"
#include "adapters/queue/script_errors.hpp"
#include "adapters/redis/calls.hpp"
#include "adapters/redis/server_time.hpp"

#include <functional>
#include <span>
#include <vector>

namespace arrakis::queue {

/// A job of a flow. It waits until all its children have ended.
struct flow_node {
  new_job what;
  std::string queue; ///< Empty: the admin's own queue. All queues of a flow share a slot (see options::name).
  std::vector<flow_node> children;
};

/// Operations on one queue. Thread-safe; copies share the connection. `done` gets the reply of the script or command.
/// Errors besides those of Redis: ec::invalid before anything was sent; ec::not_found (no such job or parent),
/// ec::conflict (another state), ec::refused (the job belongs to a schedule, is locked, or has pending or failed
/// children). `done` runs on an io thread or at once on the caller's: an actor sends itself a message there.
class admin {
public:
  using done = std::function<void(caf::expected<redis::reply>)>;
  admin(redis::link to, options how)
    : to_(std::move(to)), time_(to_), how_(std::move(how)), keys_(how_.prefix, how_.name) {}

  // Jobs. Replies of the three adds: the id; the ids in order; the ids, each parent before its children.
  void add(const new_job&, deadline, done) const;
  void add_all(std::span<const new_job>, deadline, done) const; ///< All or none.
  void add_flow(const flow_node&, deadline, done) const;        ///< All or none.

  void promote(std::string_view id, deadline, done) const; ///< Moves a delayed job to waiting.
  void change_delay(std::string_view id, std::chrono::milliseconds, deadline, done) const;
  void change_priority(std::string_view id, int priority, bool lifo, deadline, done) const;
  void update_data(std::string_view id, std::string_view data_json, deadline, done) const;
  void log(std::string_view id, std::string_view row, std::optional<int64_t> keep, deadline, done) const;
  void logs(std::string_view id, int64_t first, int64_t last, deadline, done) const;
  void remove(std::string_view id, bool with_children, deadline, done) const;
  /// Counters to reset when an ended job runs again. With `made` it may fail as often as it has attempts; without, its
  /// next failure is final.
  struct resets {
    bool made = false, started = false;
  };
  /// Runs an ended job again. `state`: failed or completed.
  void reprocess(std::string_view id, std::string_view state, resets, deadline, done) const;
  /// Reply: 0 not finished, 1 completed, 2 failed; with the value or the reason (BullMQ's isFinished).
  void end_of(std::string_view id, deadline, done) const;

  // Flows.
  void children_values(std::string_view parent, deadline, done) const; ///< Pairs of a job's key and its value as JSON.
  void ignored_children_failures(std::string_view parent, deadline,
                                 done) const; ///< Pairs of a job's key and its reason.
  void failed_children(std::string_view parent, deadline, done) const;
  void pending_children(std::string_view parent, deadline, done) const;
  void remove_unprocessed_children(std::string_view parent, deadline, done) const;
  void remove_child_dependency(std::string_view id, std::string_view parent_key, deadline, done) const;

  // The queue.
  /// Moves a batch of jobs of `state` (failed, completed, delayed) to waiting. Reply 1: call again.
  void move_all(std::string_view state, int64_t count, deadline, done) const;
  void drain(bool delayed_too, deadline, done) const;
  void clean(std::string_view state, std::chrono::milliseconds older_than, int64_t limit, deadline, done) const;
  /// Removes the paused queue, its jobs and its dead letters, a batch a call. Reply 1: call again.
  void obliterate(int64_t count, bool force, deadline, done) const;
  /// Counts by minute; `kind`: completed or failed. Reply: [[count, previous time, previous count], data, length].
  void metrics(std::string_view kind, int64_t first, int64_t last, deadline, done) const;
  /// Stops all workers from taking jobs for this long (BullMQ's Queue.rateLimit).
  void rate_limit(std::chrono::milliseconds, deadline, done) const;
  /// Reply: remaining ms of the rate limit as Redis' PTTL tells it; -2: no limit. With `jobs_max` only a limit that
  /// this many jobs have used up counts, else 0.
  void rate_limit_ttl(int64_t jobs_max, deadline, done) const;
  void remove_rate_limit(deadline, done) const;
  void set_global_concurrency(std::optional<int64_t>, deadline, done) const;
  void is_maxed(deadline, done) const; ///< Reply 1: the global concurrency is used up; nil: not.
  void set_global_rate_limit(std::optional<limiter>, deadline, done) const;
  void workers(deadline, done) const; ///< Reply: the rows of CLIENT LIST that are workers of this queue.

  // Deduplication.
  void deduplication_job_id(std::string_view deduplication, deadline, done) const;
  void remove_deduplication_key(std::string_view deduplication, std::string_view job, deadline, done) const;

  // Schedules (schedule.hpp).
  /// Creates or changes the schedule `id`; `each` is the template of its jobs. Reply: the next job's id and its delay
  /// in ms; nil when the schedule would be over at once.
  void upsert_schedule(std::string_view id, const boost::json::object& repeat, const new_job& each, deadline,
                       done) const;
  void schedule(std::string_view id, deadline, done) const;
  void schedules(int64_t first, int64_t last, deadline, done) const; ///< Reply: ids and due times, the latest first.
  void remove_schedule(std::string_view id, deadline, done) const;

private:
  void obliterate_dead_letters(int64_t count, deadline, done) const;
  void obliterate_queue(int64_t count, bool force, deadline, done) const;
  std::string now_text() const { return std::to_string(time_.now_ms()); }

  redis::link to_;
  redis::server_time time_; ///< All clients of the queue judge due times by it.
  options how_;
  queue::keys keys_;
};

/// Wraps `next`: a negative code of a script becomes its error (script_errors.hpp).
admin::done with_script_errors(admin::done next, script_call by);

} // namespace arrakis::queue
