#pragma once
// What BullMQ's Queue, Job, FlowProducer and job schedulers offer beyond the port of messages.hpp: for operators, and
// for whoever shares a queue with other clients of BullMQ. Each call is one script, one transaction or one command.
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

/// A job of a flow: it begins to wait when all its children have ended.
struct flow_node {
  new_job what;
  std::string queue; ///< Empty: the admin's own. All queues of a flow share a slot of a cluster (see options::name).
  std::vector<flow_node> children;
};

/// Thread-safe; copies share the connection. An answer is what the script or command replies. Errors beside those of
/// Redis: ec::invalid before anything was sent; ec::not_found (no such job, no such parent), ec::conflict (the job is
/// in another state), ec::refused (it belongs to a schedule, is locked, has pending or failed children). Answers
/// come on an io thread, or at once from the caller's own: an actor sends itself a message.
class admin {
public:
  using done = std::function<void(caf::expected<redis::reply>)>;
  admin(redis::link to, options how)
    : to_(std::move(to)), time_(to_), how_(std::move(how)), keys_(how_.prefix, how_.name) {}

  // Jobs. Replies: the id; the ids in order; the ids, each parent before its children.
  void add(const new_job&, deadline, done) const;
  void add_all(std::span<const new_job>, deadline, done) const; ///< All or none.
  void add_flow(const flow_node&, deadline, done) const;        ///< All or none.

  void promote(std::string_view id, deadline, done) const; ///< A delayed job waits at once.
  void change_delay(std::string_view id, std::chrono::milliseconds, deadline, done) const;
  void change_priority(std::string_view id, int priority, bool lifo, deadline, done) const;
  void update_data(std::string_view id, std::string_view data_json, deadline, done) const;
  void log(std::string_view id, std::string_view row, std::optional<int64_t> keep, deadline, done) const;
  void logs(std::string_view id, int64_t first, int64_t last, deadline, done) const;
  void remove(std::string_view id, bool with_children, deadline, done) const;
  /// What an ended job keeps of its attempts when it runs again: with `made` it may fail as often as it has attempts;
  /// without, one more failure is its last.
  struct resets {
    bool made = false, started = false;
  };
  /// `state`: failed or completed.
  void reprocess(std::string_view id, std::string_view state, resets, deadline, done) const;
  /// 0 running or waiting, 1 completed, 2 failed, with the value or the reason.
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
  /// A batch of jobs of `state` (failed, completed, delayed) waits again; 1: call again.
  void move_all(std::string_view state, int64_t count, deadline, done) const;
  void drain(bool delayed_too, deadline, done) const;
  void clean(std::string_view state, std::chrono::milliseconds older_than, int64_t limit, deadline, done) const;
  /// Removes the paused queue with all it holds and its dead letters, a batch a call; 1: call again.
  void obliterate(int64_t count, bool force, deadline, done) const;
  /// Counts a minute, `kind` completed or failed: [[count, previous time, previous count], newest first, how many].
  void metrics(std::string_view kind, int64_t first, int64_t last, deadline, done) const;
  /// Nobody takes a job for so long.
  void rate_limit(std::chrono::milliseconds, deadline, done) const;
  /// Milliseconds, Redis's own number as BullMQ hands it on: -2, nobody limits. With `jobs_max` only a limit that so
  /// many jobs have used up counts, else 0.
  void rate_limit_ttl(int64_t jobs_max, deadline, done) const;
  void remove_rate_limit(deadline, done) const;
  void set_global_concurrency(std::optional<int64_t>, deadline, done) const;
  void is_maxed(deadline, done) const; ///< 1: as many are active as the global concurrency allows; nil: not.
  void set_global_rate_limit(std::optional<limiter>, deadline, done) const;
  void workers(deadline, done) const; ///< The rows of CLIENT LIST that are workers of this queue.

  // Deduplication.
  void deduplication_job_id(std::string_view deduplication, deadline, done) const;
  void remove_deduplication_key(std::string_view deduplication, std::string_view job, deadline, done) const;

  // Schedules (schedule.hpp).
  /// Makes or changes the schedule `id`; its jobs are like `each`. Reply: the next job's id, and its delay in ms; nil
  /// when the schedule would be over at once.
  void upsert_schedule(std::string_view id, const boost::json::object& repeat, const new_job& each, deadline,
                       done) const;
  void schedule(std::string_view id, deadline, done) const;
  void schedules(int64_t first, int64_t last, deadline, done) const; ///< Ids and due times, the latest first.
  void remove_schedule(std::string_view id, deadline, done) const;

private:
  void obliterate_dead_letters(int64_t count, deadline, done) const;
  void obliterate_queue(int64_t count, bool force, deadline, done) const;
  std::string now_text() const { return std::to_string(time_.now_ms()); }

  redis::link to_;
  redis::server_time time_; ///< By which all that share the queue judge what is due.
  options how_;
  queue::keys keys_;
};

/// Passes on a reply; a script's negative number as the error that it stands for.
admin::done with_script_errors(admin::done next, script_call by);

} // namespace arrakis::queue
