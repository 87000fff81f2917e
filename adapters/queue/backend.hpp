#pragma once
// A queue inside Redis: each call is one of BullMQ's scripts with its keys and arguments in the order that the script
// documents. Only this folder includes it.
#include "adapters/queue/keys.hpp"
#include "adapters/queue/policy.hpp"
#include "adapters/redis/calls.hpp"
#include "adapters/redis/server_time.hpp"

#include <array>
#include <span>
#include <utility>

namespace arrakis::queue {

class backend {
public:
  using done = redis::done;
  backend(redis::link to, const options& how) : backend(to, how, redis::server_time{to}) {}
  /// The dead letters of the same queue.
  backend dead() const;
  const queue::keys& keys() const { return keys_; }
  const redis::link& client() const { return to_; }
  /// Redis' own clock, by which all nodes judge what is due: theirs differ.
  const redis::server_time& time() const { return time_; }

  // A producer's.
  void add(std::string_view name, std::string_view data_json, const boost::json::object& options, deadline, done) const;
  /// The same together with others.
  void add(redis::batch&, std::string_view name, std::string_view data_json, const boost::json::object& options,
           deadline, done) const;
  void pause(bool on, deadline, done) const;
  /// The types of `counts`, in the order of its reply.
  static constexpr std::array<const char*, 7> counted{"wait",   "active", "delayed",    "completed",
                                                      "failed", "paused", "prioritized"};
  void counts(deadline, done) const;
  void range(std::string_view type, size_t first, size_t count, deadline, done) const;
  void state_of(std::string_view id, deadline, done) const;
  void fields(std::string_view id, deadline, done) const;
  void reprocess(std::string_view id, deadline, done) const;
  void remove(std::string_view id, deadline, done) const;
  void progress(std::string_view id, std::string_view json, deadline, done) const;
  /// `keep`: the newest so many rows.
  void log(std::string_view id, std::string_view row, int64_t keep, deadline, done) const;

  // A worker's.
  void take(std::string_view token, deadline, done) const;
  /// Records the end of a job. `fetch`: hand out the next one in the same call (complete and fail only).
  void finish(const active_job&, const decision&, std::string_view token, bool fetch, deadline, done) const;
  /// The same for a job that was done, together with others.
  void complete(redis::batch&, active_job&, const decision&, std::string_view token, bool fetch, deadline, done) const;
  using job_lock = std::pair<std::string, std::string>; ///< token, id
  void extend(std::span<const job_lock>, deadline, done) const;
  void recover_stalled(deadline, done) const;
  /// Makes the next job of a schedule, with these options, due at `at_ms` (absent: the script knows); to be called
  /// before the job `from` of that schedule runs.
  void reschedule(const active_job& from, const boost::json::object& options, std::optional<int64_t> at_ms, deadline,
                  done) const;
  // How a job leaves its worker without an end (move_to_wait.cpp).
  /// 0: it waits for its children; 1: none is pending, and it is still ours; -9: some have failed.
  void move_to_waiting_children(const active_job&, std::string_view token, deadline, done) const;
  /// It waits again in front, and nobody takes a job for so long; zero: for as long as the limiter holds anyway. The
  /// last item of the reply is how many ms that is.
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
  // The parts of the two hot calls that are always the same. Of moveToFinished: up to the job's key, and from there to
  // the arguments, for failed and for completed.
  std::string add_head_;
  std::array<std::string, 2> end_head_, end_middle_;
};
} // namespace arrakis::queue
