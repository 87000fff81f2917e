#pragma once
// A queue in Redis. Each call runs one of BullMQ's scripts, with keys and arguments in the order that the script
// documents. Private to adapters/queue.
#include "adapters/queue/keys.hpp"
#include "adapters/queue/policy.hpp"
#include "adapters/redis/calls.hpp"
#include "adapters/redis/server_time.hpp"

#include <array>
#include <span>
#include <utility>

namespace arrakis::queue {

/// One queue's scripts over one Redis link. Thread-safe; copies share the link.
class backend {
public:
  using done = redis::done;
  backend(redis::link to, const options& how) : backend(to, how, redis::server_time{to}) {}
  /// The queue of this queue's dead letters.
  backend dead() const;
  const queue::keys& keys() const { return keys_; }
  const redis::link& client() const { return to_; }
  /// The Redis server's clock. All nodes judge by it which job is due, because their own clocks differ.
  const redis::server_time& time() const { return time_; }

  // Called by a producer.
  void add(std::string_view name, std::string_view data_json, const boost::json::object& options, deadline, done) const;
  /// Appends the call to a batch.
  void add(redis::batch&, std::string_view name, std::string_view data_json, const boost::json::object& options,
           deadline, done) const;
  void pause(bool on, deadline, done) const;
  /// Job states, in the order of the reply of `counts`.
  static constexpr std::array<const char*, 7> counted{"wait",   "active", "delayed",    "completed",
                                                      "failed", "paused", "prioritized"};
  void counts(deadline, done) const;
  void range(std::string_view type, size_t first, size_t count, deadline, done) const;
  void state_of(std::string_view id, deadline, done) const;
  void fields(std::string_view id, deadline, done) const;
  void reprocess(std::string_view id, deadline, done) const;
  void remove(std::string_view id, deadline, done) const;
  void progress(std::string_view id, std::string_view json, deadline, done) const;
  /// Appends a log row. The newest `keep` rows stay.
  void log(std::string_view id, std::string_view row, int64_t keep, deadline, done) const;

  // Called by a worker.
  void take(std::string_view token, deadline, done) const;
  /// Records the end of a job. `fetch`: the reply also holds the next job (complete and fail only).
  void finish(const active_job&, const decision&, std::string_view token, bool fetch, deadline, done) const;
  /// Appends the completion of a job to a batch.
  void complete(redis::batch&, active_job&, const decision&, std::string_view token, bool fetch, deadline, done) const;
  using job_lock = std::pair<std::string, std::string>; ///< token, id
  void extend(std::span<const job_lock>, deadline, done) const;
  void recover_stalled(deadline, done) const;
  /// Creates the next job of a schedule, with these options, due at `at_ms` (absent: the script computes it). Call it
  /// before the schedule's job `from` runs.
  void reschedule(const active_job& from, const boost::json::object& options, std::optional<int64_t> at_ms, deadline,
                  done) const;
  // Called for an active job that does not end yet (move_to_wait.cpp).
  /// Reply: 0, the job waits for its children; 1, no child is pending and the job is still active; -9, some failed.
  void move_to_waiting_children(const active_job&, std::string_view token, deadline, done) const;
  /// Moves the job to the front of `wait` and limits the queue for this long; zero: keeps the present limit. The last
  /// item of the reply is the limit's remaining time in ms.
  void move_to_wait(const active_job&, std::string_view token, std::chrono::milliseconds, deadline, done) const;
  void clean_waiting(std::chrono::seconds older_than, deadline, done) const;

private:
  std::string terms_of(const active_job&, bool ok) const;
  void end(redis::batch&, const active_job&, const decision&, std::string_view terms, std::string_view token,
           bool fetch, deadline, done) const;
  void delay(const active_job&, const decision&, std::string_view token, deadline, done) const;

  backend(redis::link to, const options& how, redis::server_time);
  std::string now_text() const { return std::to_string(time_.now_ms()); }

  redis::link to_;
  redis::server_time time_;
  options how_;
  queue::keys keys_;
  // Constant parts of the two most frequent calls, encoded once. Of moveToFinished: the part up to the job's key, and
  // the part from there to the arguments; [0] for failed, [1] for completed.
  std::string add_head_;
  std::array<std::string, 2> end_head_, end_middle_;
};
} // namespace arrakis::queue
