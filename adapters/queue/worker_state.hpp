#pragma once
// State of a worker, shared by worker.cpp (jobs) and maintenance.cpp (locks, stalled jobs, dead letters, metrics).
#include "adapters/queue/backend.hpp"
#include "adapters/queue/worker.hpp"
#include "adapters/redis/calls.hpp"
#include "runtime/flow.hpp"
#include "runtime/flow/suspension.hpp"

#include <caf/actor_clock.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <optional>
#include <vector>

namespace arrakis::queue::worker_impl {
/// Sent to itself: sends the ends of jobs that were in its mailbox before, in one batch.
struct flush_ends {};
/// The worker's own handle.
using port = worker::extend<caf::reacts_to<redis::arrived>, caf::reacts_to<flush_ends>>;

/// One of `concurrency` slots for jobs. Its token locks each job that runs in it.
struct slot {
  std::string token;
  bool busy = false;
  bool recording = false; // The job's end is on its way to Redis, which releases the lock.
  bool lost = false;      // Another worker has the lock.
  active_job job;
  uint64_t run = 0;   // Counts the jobs, so that a late answer is ignored.
  deadline until;     // Deadline of the processor's answer.
  suspension waiting; // Waits for the processor's answer.
  std::optional<caf::expected<outcome>> answer;
};

/// Events since the last update of the metrics.
struct tally {
  uint64_t completed = 0, retried = 0, failed = 0, postponed = 0, lost = 0, stalled = 0;
};

/// State of the worker actor.
struct state {
  static inline const char* name = "queue.worker";
  const caf::actor_clock* clock = nullptr; // The actor's.
  redis::calls calls;
  redis::batch ends; // Ends of jobs, not yet sent to Redis.
  options how;
  std::optional<backend> store;
  std::optional<redis::link> blocking;
  processor to;
  std::string id;         // Prefix of the slots' tokens.
  std::deque<slot> slots; // A flow keeps its slot's address while others are added.
  suspension feeder;      // Waits for a free slot.
  bool feeding = true;
  bool feeder_rests = false; // Between two polls no job is on its way: closing need not wait for the feeder.
  bool closing = false;
  bool away = false; // Redis did not answer the last call; logged once.
  int64_t limited_until_ms = 0;
  caf::error why; // Exit reason of the worker.
  std::vector<caf::typed_response_promise<done>> closers;
  tally since;   // Since the last renewal; metrics are updated once a renewal, not once a job.
  flows running; // Last member: a flow that waits refers to the members above until it is destroyed.
};
/// Pointer to the worker actor inside its handlers and flows.
using pointer = port::stateful_pointer<state>;

/// Deadline `wait` from now, without the lookup of the clock in runtime/deadline.hpp, which would cost each job.
inline deadline within(const state& st, std::chrono::milliseconds wait) { return {st.clock->now() + wait}; }
/// Deadline of one call to Redis.
inline deadline soon(pointer self) { return within(self->state, self->state.how.call_within); }

/// Ends the wait for the processor's answer to run `run` of a slot; ignores a late one.
void answered(state&, size_t index, uint64_t run, caf::expected<outcome>);
/// Adds the counts since the last call to the metrics.
void flush_tally(state&);
/// Logs once per outage that Redis did not answer.
void note_away(state&, const caf::error& why);
/// Learns Redis' time before the first job is taken, because due times are judged by it. This machine's clock counts
/// when the server's ACL forbids TIME.
flow<> learn_time(pointer self);
/// Starts the loops that run beside the jobs for the worker's life.
void start_maintenance(pointer self);
} // namespace arrakis::queue::worker_impl
